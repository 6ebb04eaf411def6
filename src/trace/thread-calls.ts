/** What the delivery log's thread and its owner tell each other. Everything here is copied between the two. */
import type { DatabasePlace } from '../config/settings.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';
import type { LogFilter, LogPage, LogQuery, LogStatus } from './log.ts';
import type { MessageFacts } from './match.ts';
import type { Recent } from './rows.ts';

export interface ThreadOptions {
  /** Holds `delivery/`. */
  readonly folder: string;
  readonly database: DatabasePlace;
  /** IANA name. */
  readonly timezone: string;
}

/** Given to the thread at its start. */
export interface ThreadStart extends ThreadOptions {
  /** The database is known to be good: it is waited for, whatever is wrong with it now. */
  readonly patient: boolean;
}

/** The thread's side of `DeliveryLog`; each may be asked again when the thread died over it. */
export interface ThreadCalls {
  search(query: LogQuery): Promise<LogPage>;
  events(id: MessageId): Promise<readonly RecordedEvent[]>;
  children(id: MessageId): Promise<readonly MessageId[]>;
  recent(filter: LogFilter, count: number): Promise<Recent>;
  /** Of those among them that are known. */
  facts(ids: readonly MessageId[]): Promise<readonly MessageFacts[]>;
  status(): Promise<LogStatus>;
  /** `before`: moment from which rows and files are kept. */
  prune(before: number): Promise<void>;
  close(): Promise<void>;
}

export type CallName = keyof ThreadCalls;

export type Call = {
  readonly [Name in CallName]: { readonly name: Name; readonly args: Parameters<ThreadCalls[Name]> };
}[CallName];

export type Request = Call & { readonly number: number };

/** `problem`: what people get to read, in one line; otherwise a fault. */
export type ToOwner =
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string; readonly problem: boolean }
  /** The database is open; `problem`: it cannot be opened. */
  | { readonly kind: 'open'; readonly problem: string | null }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly facts: object;
      readonly text: string;
    };
