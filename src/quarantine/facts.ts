/**
 * The facts about a kept message as they stand in `facts.json`. Written and read by this file only.
 *
 * Invariant: `readFacts` gives an item whose every field was looked at, or a reason; a file of a later version or a
 * damaged one is never half understood.
 */
import { asList, asNumber, asString, BadField, oneOf, orNull, parseFields } from '../lib/fields.ts';
import { asAddress, asEnvelope, asVerdict } from '../mail/json.ts';
import { QUARANTINE_REASONS } from '../mail/outcome.ts';
import type { QuarantineItem } from './quarantine.ts';

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
    reason: oneOf(fields.reason, 'reason', QUARANTINE_REASONS),
    verdict: orNull(fields.verdict, 'verdict', asVerdict),
    detail: asString(fields.detail, 'detail'),
    keptAt: asNumber(fields.keptAt, 'keptAt'),
    expiresAt: asNumber(fields.expiresAt, 'expiresAt'),
  };
}
