/**
 * The facts about a kept message as they stand in `facts.json`. Written and read by this file only.
 *
 * Invariant: `readFacts` gives an item whose every field was looked at, or a reason; a file of a later version or a
 * damaged one is never half understood. What an older version wrote is read as what it meant.
 */
import { asFields, asList, asNumber, asString, BadField, orNull, parseFields } from '../lib/fields.ts';
import { asAddress, asEnvelope, asQuarantineReason, asVerdict } from '../mail/json.ts';
import type { Head, Later, QuarantineItem } from './quarantine.ts';

const VERSION = 1;

export type ReadFacts =
  | { readonly kind: 'item'; readonly item: QuarantineItem }
  | { readonly kind: 'broken'; readonly detail: string };

export function writeFacts(item: QuarantineItem): string {
  return `${JSON.stringify({ version: VERSION, ...item }, null, 2)}\n`;
}

export function readFacts(text: string): ReadFacts {
  try {
    return { kind: 'item', item: parseItem(text) };
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return { kind: 'broken', detail: error.message };
  }
}

function parseItem(text: string): QuarantineItem {
  const fields = parseFields(text);
  if (fields.version !== VERSION) throw new BadField(`version: ${fields.version}`);
  return {
    envelope: asEnvelope(fields.envelope, 'envelope'),
    recipients: asList(fields.recipients, 'recipients', asAddress),
    reason: asQuarantineReason(fields.reason, 'reason'),
    verdict: orNull(fields.verdict, 'verdict', asVerdict),
    detail: asString(fields.detail, 'detail'),
    keptAt: asNumber(fields.keptAt, 'keptAt'),
    expiresAt: asNumber(fields.expiresAt, 'expiresAt'),
    ...(fields.later !== undefined && { later: asList(fields.later, 'later', asLater) }),
    ...(fields.head !== undefined && { head: asHead(fields.head, 'head') }),
  };
}

function asLater(value: unknown, name: string): Later {
  const fields = asFields(value, name);
  return {
    address: asAddress(fields.address, `${name}.address`),
    keptAt: asNumber(fields.keptAt, `${name}.keptAt`),
  };
}

function asHead(value: unknown, name: string): Head {
  const fields = asFields(value, name);
  return {
    from: orNull(fields.from, `${name}.from`, asString),
    subject: orNull(fields.subject, `${name}.subject`, asString),
  };
}
