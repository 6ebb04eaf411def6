/**
 * A line of the delivery log as an event. A crash may have torn it, and another version may have written it: what is
 * used of an event is checked here, so that no line stops those who read; what an older version called otherwise gets
 * its present name.
 */
import { BadField } from '../lib/fields.ts';
import { asFinding } from '../mail/finding-json.ts';
import { asVerdict } from '../mail/json.ts';
import { currentReason, QUARANTINE_REASONS } from '../mail/outcome.ts';
import type { RecordedEvent } from './events.ts';

/** Null: not an event of ours. */
export function parseEvent(line: string): RecordedEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return isEvent(value) ? upToDate(value) : null;
}

function upToDate(event: RecordedEvent): RecordedEvent {
  if (event.kind === 'scanned') return { ...event, verdict: asVerdict(event.verdict, 'verdict') };
  if (event.kind !== 'quarantined') return event;
  const word = currentReason(event.reason);
  return { ...event, reason: QUARANTINE_REASONS.find((reason) => reason === word) ?? event.reason };
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && !value.includes('\0');
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const moment: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const nothing: Check = (value) => value === null;
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
const having =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([name, check]) => check(Reflect.get(value, name)));

const client = having({ address: text });
const textOrNull = either(text, nothing);
const sender = either(textOrNull, (value) => value === undefined);
const login = having({ address: text, agencyId: text });
const given = having({ address: text, agencyId: text });
const allGiven: Check = (value) => Array.isArray(value) && value.every(given);
const verdict = readable(asVerdict);
const findings = readable((value, name) => Array.isArray(value) && value.map((one) => asFinding(one, name)));
const absent: Check = (value) => value === undefined;
const RECORDED = having({ at: moment, event: text, kind: text, id: textOrNull });

const SHAPES: Readonly<Record<RecordedEvent['kind'], Check>> = {
  refused: having({
    door: text,
    client,
    login: textOrNull,
    sender,
    recipient: textOrNull,
    recipients: either(allGiven, absent),
    reply: text,
    reasons: either(texts, absent),
    findings: either(findings, absent),
  }),
  'login-failed': having({ id: nothing, door: text, client, name: text }),
  accepted: having({
    id: text,
    door: text,
    client: either(client, nothing),
    login: either(login, nothing),
    sender: textOrNull,
    recipients: allGiven,
    sizeBytes: number,
    messageIdHeader: textOrNull,
    parent: textOrNull,
  }),
  scanned: having({ id: text, verdict }),
  deferred: having({
    id: text,
    stage: text,
    recipients: texts,
    attempt: number,
    nextTryAt: number,
    reason: text,
  }),
  delivered: having({ id: text, recipient: text, folder: text, reply: text }),
  bounced: having({ id: text, recipient: text, reply: text }),
  quarantined: having({ id: text, recipient: text, reason: text }),
  discarded: having({ id: text, recipient: text, rule: text, reply: text }),
  'queue-act': having({ id: text, act: text, by: text }),
  released: having({ id: text, recipients: texts }),
  purged: having({ id: text, recipients: texts }),
};

/** Whether the reader of such values on the disk takes it. */
function readable(read: (value: unknown, name: string) => unknown): Check {
  return (value) => {
    try {
      return read(value, '') !== false;
    } catch (error) {
      if (error instanceof BadField) return false;
      throw error;
    }
  };
}

function isEvent(value: unknown): value is RecordedEvent {
  if (!RECORDED(value)) return false;
  const { kind } = value as { kind: string };
  return isKind(kind) && SHAPES[kind](value);
}

function isKind(word: string): word is RecordedEvent['kind'] {
  return Object.hasOwn(SHAPES, word);
}
