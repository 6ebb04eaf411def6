/**
 * The facts about a kept message as they stand in `facts.json`. Written and read by this file only.
 *
 * Invariant: `readFacts` gives an item whose every field was looked at, or a reason; a file of a later version or a
 * damaged one is never half understood.
 */
import { parseAddress } from '../mail/address.ts';
import { parseMessageId } from '../mail/message-id.ts';
import type { QuarantineItem } from './quarantine.ts';

const VERSION = 1;

export type ReadFacts =
  | { readonly kind: 'item'; readonly item: QuarantineItem }
  | { readonly kind: 'broken'; readonly detail: string };

export function writeFacts(item: QuarantineItem): string {
  return `${JSON.stringify({ version: VERSION, ...item }, null, 2)}\n`;
}

export function readFacts(text: string): ReadFacts {
  let facts: unknown;
  try {
    facts = JSON.parse(text);
  } catch {
    return { kind: 'broken', detail: 'no JSON' };
  }
  if (!isRecord(facts)) return { kind: 'broken', detail: 'no object' };
  const { version, ...item } = facts;
  if (version !== VERSION) return { kind: 'broken', detail: `version ${version}` };
  const wrong = Object.entries(ITEM).find(([key, check]) => !check(item[key]));
  if (wrong) return { kind: 'broken', detail: `field ${wrong[0]}` };
  // Every field was checked above; the brands of addresses and ids are what these checks stand for.
  return { kind: 'item', item: item as unknown as QuarantineItem };
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isAddress: Check = (value) => typeof value === 'string' && parseAddress(value) !== null;
const isId: Check = (value) => typeof value === 'string' && parseMessageId(value) !== null;
const isOneOf =
  (...values: string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([key, check]) => check(value[key]));

const PERSON = { userId: isText, agencyId: isText, address: isAddress };

const ITEM: Record<keyof QuarantineItem, Check> = {
  envelope: record({
    id: isId,
    door: isOneOf('mx', 'submission', 'submissions', 'internal'),
    receivedAt: isNumber,
    sender: orNull(isAddress),
    login: orNull(record(PERSON)),
    client: orNull(record({ address: isText, helo: isText, tls: orNull(isText) })),
    recipients: listOf(record(PERSON)),
    sizeBytes: isNumber,
    messageIdHeader: orNull(isText),
    parent: orNull(isId),
  }),
  recipients: listOf(isAddress),
  reason: isOneOf('infected', 'spam', 'unscannable', 'undeliverable'),
  verdict: orNull(
    record({
      kind: isOneOf('clean', 'junk', 'spam', 'infected', 'unscannable'),
      signature: orNull(isText),
      score: isNumber,
      junkScore: isNumber,
      symbols: listOf(isText),
    }),
  ),
  detail: isText,
  keptAt: isNumber,
  expiresAt: isNumber,
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
