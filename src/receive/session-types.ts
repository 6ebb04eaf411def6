/**
 * What passes between a connection (listener.ts, which knows the library) and its session (session.ts, which
 * knows what the commands mean), and the facts that a session keeps.
 */
import type { Readable } from 'node:stream';
import type { Settings } from '../config/settings.ts';
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../lib/clock.ts';
import type { Lifecycle } from '../lib/lifecycle.ts';
import type { Log } from '../lib/log.ts';
import type { Address, ReversePath } from '../mail/address.ts';
import type { Client, Login, Recipient } from '../mail/envelope.ts';
import type { Finding } from '../mail/finding.ts';
import type { Reply } from '../mail/reply.ts';
import type { Queue } from '../queue/queue.ts';
import type { Verdicts } from '../queue/verdicts.ts';
import type { Judged } from '../rules/content-policy.ts';
import type { Spool } from '../spool/spool.ts';
import type { RecipientFacts, Trace } from '../trace/events.ts';
import type { AgencyCodes } from './agency-codes.ts';
import type { Budgets } from './limits.ts';
import type { LoginGuard } from './login-guard.ts';
import type { Vacancies } from './role-address.ts';
import type { SaslStep } from './sasl.ts';

export type DoorName = 'mx' | 'submission' | 'submissions';

/** What sessions need of the rest of the server. */
export interface SessionDeps {
  /** Each value is read when it is needed, so that a change takes effect. */
  readonly settings: Pick<Settings, 'hostname' | 'doors' | 'limits' | 'policy'>;
  readonly directory: Pick<
    Directory,
    'isOurDomain' | 'findMailbox' | 'findAdministrators' | 'authenticate' | 'currentLogin'
  >;
  readonly agencies: AgencyCodes;
  readonly spool: Pick<Spool, 'begin' | 'refuse' | 'status'>;
  readonly queue: Pick<Queue, 'submit' | 'available'>;
  readonly verdicts: Verdicts;
  readonly trace: Pick<Trace, 'record'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether both scanners answer; if not, no answer waits for a verdict. */
  readonly scannersUp: () => boolean;
  /** For measuring only: no answer waits for a verdict. */
  readonly discard: boolean;
}

/** What sessions share, made once by the receiver. */
export interface Shared extends SessionDeps {
  readonly lifecycle: Pick<Lifecycle, 'stopping' | 'begin'>;
  readonly loginGuard: LoginGuard;
  readonly refusals: Refusals;
  readonly vacancies: Vacancies;
}

/** Notes refusals in the delivery log, but no flood of them (refusals.ts). */
export interface Refusals {
  note(refusal: Refusal): void;
  /** Whether one more, of so many entries, may be written for this address now. */
  mayRecord(address: string, entries?: number): boolean;
}

export interface Refusal {
  readonly session: SessionFacts;
  readonly command: string;
  readonly reply: Reply;
  readonly recipient: string | null;
  /** Whom the message was for; absent: its content did not come. */
  readonly recipients?: readonly RecipientFacts[];
  /** What the content rules found; absent: it was not for its content. */
  readonly findings?: readonly Finding[];
}

export interface SessionFacts {
  readonly door: DoorName;
  readonly client: Client;
  readonly login: Login | null;
  /** Undefined: no MAIL yet. */
  readonly sender: ReversePath | undefined;
}

/** From MAIL to the answer to DATA, or RSET. */
export interface Transaction {
  readonly sender: ReversePath;
  /** What RCPT was accepted for, by `addressKey`: each counts once towards `maxRecipients`. */
  readonly given: Set<Address>;
  /** By `addressKey`; one given address may stand for several people. */
  readonly recipients: Map<Address, Recipient>;
  /** Refused recipients that did not count as errors. */
  forgiven: number;
  /** Recipients that were given again. */
  repeated: number;
  /** Whose mail it is to the content rules; null: DATA has not come yet. */
  judged: Judged | null;
}

export interface SessionState {
  readonly door: DoorName;
  readonly address: string;
  tls: string | null;
  /** Null: not said yet. */
  helo: { readonly name: string; readonly esmtp: boolean } | null;
  login: Login | null;
  failedLogins: number;
  /** The next step of a login dialogue: the next line belongs to it and is no command. */
  sasl: ((line: string) => SaslStep) | null;
  transaction: Transaction | null;
  /** The last command was a DATA that was refused: what comes now may be a body, not commands. */
  dataRefused: boolean;
  /** Commands that failed by our own fault. */
  faults: number;
  /** Messages of a user of ours that were refused for their content and did not count as errors. */
  unfit: number;
  readonly budgets: Budgets;
  /** Aborted when the client is gone or the server stops: nobody need wait for its answer any more. */
  readonly gone: AbortSignal;
}

/** What a connection has to do after a command; `farewell`: a second reply, said before closing. */
export interface Answer {
  readonly reply: Reply;
  readonly next: 'go-on' | 'close' | 'starttls' | 'data';
  readonly farewell?: Reply;
}

export interface Session {
  readonly greeting: Reply;
  /** Octets that the next line may have, its end included; `start` is what has come of it. */
  lineLimit(start: Buffer): number;
  /** `more`: the client has already sent something behind this line. Never rejects. */
  command(line: Buffer, more: boolean, control: boolean): Answer | Promise<Answer>;
  /** Reads the message to its end. Never rejects. */
  data(content: Readable): Promise<Answer>;
  /** The line discipline was broken, or a limit of time; the connection answers and closes. */
  breach(command: string, reply: Reply): void;
  secured(tls: string): void;
  closed(): void;
}

/** What a session may ask of its connection on its own account. */
export interface Link {
  readonly address: string;
  /** Null: in clear. */
  readonly tls: string | null;
  end(reply: Reply): void;
}

export function factsOf(state: SessionState): SessionFacts {
  const client: Client = { address: state.address, helo: state.helo?.name ?? '', tls: state.tls };
  return { door: state.door, client, login: state.login, sender: state.transaction?.sender };
}
