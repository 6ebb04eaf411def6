/**
 * What happens to spooled messages, one line each: eight hexadecimal digits of CRC-32, a space, JSON. Pure.
 * A line without its line end is the write that a crash cut short; any other bad line is damage.
 */
import { crc32 } from 'node:zlib';
import {
  asFields,
  asList,
  asNumber,
  asString,
  BadField,
  type Fields,
  oneOf,
  parseFields,
} from '../lib/fields.ts';
import type { Address } from '../mail/address.ts';
import { asAddress, asMessageId, asQuarantineReason, asVerdict } from '../mail/json.ts';
import type { MessageId } from '../mail/message-id.ts';
import { DISCARD_RULES, type FinalOutcome } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { Deferral } from './spool.ts';

export type JournalEntry =
  | { readonly kind: 'refused'; readonly id: MessageId }
  | { readonly kind: 'verdict'; readonly id: MessageId; readonly verdict: Verdict }
  | { readonly kind: 'deferred'; readonly id: MessageId; readonly deferral: Deferral }
  | {
      readonly kind: 'settled';
      readonly id: MessageId;
      readonly recipient: Address;
      readonly outcome: FinalOutcome;
    }
  /** An operator holds the message, or has let it go again: of these two the last one counts. */
  | { readonly kind: 'held' | 'released'; readonly id: MessageId }
  /** The message has a file of its own now; what this container holds of it is void. */
  | { readonly kind: 'moved'; readonly id: MessageId };

const KINDS = ['refused', 'verdict', 'deferred', 'settled', 'held', 'released', 'moved'] as const;

export function encodeEntry(entry: JournalEntry): string {
  const json = JSON.stringify(entry);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

export interface JournalContent {
  readonly entries: readonly JournalEntry[];
  /** Octets up to the end of the last whole line; what follows was cut short by a crash. */
  readonly wholeBytes: number;
  /** Whole lines that could not be read, with their number from 1. */
  readonly damage: readonly { readonly line: number; readonly reason: string }[];
}

export function parseJournal(bytes: Buffer): JournalContent {
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const entries: JournalEntry[] = [];
  const damage: { line: number; reason: string }[] = [];
  const lines = bytes.toString('utf8', 0, wholeBytes).split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    try {
      entries.push(parseLine(line));
    } catch (error) {
      if (!(error instanceof BadField)) throw error;
      damage.push({ line: index + 1, reason: error.message });
    }
  }
  return { entries, wholeBytes, damage };
}

function parseLine(line: string): JournalEntry {
  const json = line.slice(9);
  if (line.slice(0, 9) !== `${crc32(json).toString(16).padStart(8, '0')} `) {
    throw new BadField('the line does not match its checksum');
  }
  const fields = parseFields(json);
  const id = asMessageId(fields.id, 'id');
  const kind = oneOf(fields.kind, 'kind', KINDS);
  switch (kind) {
    case 'refused':
    case 'held':
    case 'released':
    case 'moved':
      return { kind, id };
    case 'verdict':
      return { kind, id, verdict: asVerdict(fields.verdict, 'verdict') };
    case 'deferred':
      return { kind, id, deferral: asDeferral(asFields(fields.deferral, 'deferral')) };
    case 'settled':
      return {
        kind,
        id,
        recipient: asAddress(fields.recipient, 'recipient'),
        outcome: asOutcome(asFields(fields.outcome, 'outcome')),
      };
    default:
      return kind satisfies never;
  }
}

function asDeferral(fields: Fields): Deferral {
  return {
    stage: oneOf(fields.stage, 'deferral.stage', ['scan', 'deliver']),
    recipients: asList(fields.recipients, 'deferral.recipients', asAddress),
    attempt: asNumber(fields.attempt, 'deferral.attempt'),
    nextTryAt: asNumber(fields.nextTryAt, 'deferral.nextTryAt'),
    reason: asString(fields.reason, 'deferral.reason'),
  };
}

function asOutcome(fields: Fields): FinalOutcome {
  const kind = oneOf(fields.kind, 'outcome.kind', ['delivered', 'bounced', 'quarantined', 'discarded']);
  switch (kind) {
    case 'delivered':
      return {
        kind,
        folder: oneOf(fields.folder, 'outcome.folder', ['INBOX', 'Junk']),
        reply: asString(fields.reply, 'outcome.reply'),
      };
    case 'bounced':
      return {
        kind,
        reply: asString(fields.reply, 'outcome.reply'),
        bounce: asMessageId(fields.bounce, 'outcome.bounce'),
      };
    case 'quarantined':
      return { kind, reason: asQuarantineReason(fields.reason, 'outcome.reason') };
    case 'discarded':
      return {
        kind,
        rule: oneOf(fields.rule, 'outcome.rule', DISCARD_RULES),
        reply: asString(fields.reply, 'outcome.reply'),
      };
    default:
      return kind satisfies never;
  }
}
