/**
 * The API's words, and what they stand for. Each table holds all of them: a new word of the API does not compile until
 * it is here, and so among the choices of an option.
 */
import type {
  KeptMessage,
  LogEntry,
  QueueAct,
  RecordedEvent,
  Token,
  WaitingMessage,
} from '../http/resources.ts';
import type { Style } from './parts.ts';
import { REASON_WORDS } from './reason-words.ts';

type DiscardRule = Extract<RecordedEvent, { kind: 'discarded' }>['rule'];

/** Null: neither good nor bad. */
export const OUTCOME_STYLES: Readonly<Record<LogEntry['outcome'], Style | null>> = {
  waiting: null,
  deferred: 'warning',
  held: 'warning',
  refused: 'bad',
  'login-failed': 'bad',
  delivered: 'good',
  bounced: 'bad',
  quarantined: 'bad',
  discarded: 'bad',
};

export const KEPT_BECAUSE: Readonly<Record<KeptMessage['reason'], string>> = {
  ...REASON_WORDS,
  undeliverable: 'nobody is told, because its sender may be forged',
};

const DISCARDED_BECAUSE: Readonly<Record<DiscardRule, string>> = {
  'no-backscatter': 'its sender may be forged; it is in quarantine for a while',
  operator: 'dropped from the queue by hand',
  bench: 'the server only measures, and throws all mail away',
};

export const STAGES: Readonly<Record<WaitingMessage['stage'], string>> = {
  scan: 'to be scanned',
  deliver: 'to be delivered',
};

export const TOKEN_RIGHTS: Readonly<Record<Token['right'], string>> = {
  operator: 'everything',
  read: 'everything but changes and secrets',
  metrics: 'the metrics alone',
};

/** What has become of messages by each act: "3 messages held". */
export const ACTED: Readonly<Record<QueueAct, string>> = {
  retry: 'due at once',
  hold: 'held',
  release: 'let go',
  drop: 'dropped',
};

/** A rule of the delivery log, and what it stands for. */
export function discardedBecause(rule: DiscardRule): string {
  return `${rule} (${DISCARDED_BECAUSE[rule]})`;
}

/** A word of the quarantine, and what it stands for. */
export function keptBecause(reason: KeptMessage['reason']): string {
  const words = KEPT_BECAUSE[reason];
  return words === reason ? reason : `${reason} (${words})`;
}
