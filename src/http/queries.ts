/** The query of each route that takes one. Texts of a URL become values here; what is absent is any. */
import { z } from 'zod';
import { parseMessageId } from '../mail/message-id.ts';
import { QUARANTINE_REASONS } from '../mail/outcome.ts';
import { STAGES } from '../queue/queue.ts';
import { OUTCOMES } from '../trace/log.ts';

const TEXT = z.string().min(1).max(998);
const AGENCY_CODE = z.string().min(1).max(64).meta({ description: 'code of an agency' }).exactOptional();
const ADDRESS = z
  .string()
  .min(1)
  .max(320)
  .meta({ description: 'whole address in any case, "@moh.example" for a domain, "<>" for the empty path' })
  .exactOptional();
const MOMENT_TEXT = z
  .string()
  .refine(
    (text) => momentOf(text) !== null,
    'is no moment; write it like 2026-11-24T08:40:00Z, or as milliseconds since 1970',
  )
  .meta({ description: 'ISO 8601 with time zone, or milliseconds since 1970 UTC' })
  .exactOptional();
export const MESSAGE_ID_FORM = 'is not a message id; one looks like m1kfq3x8z0a7c2d4e6';

const MESSAGE_ID = z
  .string()
  .refine((text) => parseMessageId(text) !== null, MESSAGE_ID_FORM)
  .exactOptional();

export const NO_QUERY = z.strictObject({});

/** Each is looked for in every row that is looked at. */
const MAX_WORDS = 10;

const LOG_FILTER = {
  sender: ADDRESS,
  recipient: ADDRESS,
  address: ADDRESS.meta({ description: 'sender or recipient' }),
  id: MESSAGE_ID,
  messageId: TEXT.meta({ description: 'Message-ID header, with or without <>' }).exactOptional(),
  client: TEXT.meta({ description: 'IP address' }).exactOptional(),
  agency: AGENCY_CODE.meta({ description: 'code of the agency of sender or recipient' }),
  since: MOMENT_TEXT,
  until: MOMENT_TEXT,
  outcome: repeatable(z.enum(OUTCOMES)).exactOptional(),
  reason: TEXT.meta({ description: 'of the outcome, or of something found in the content' }).exactOptional(),
  text: TEXT.refine(
    (text) => text.trim().split(/\s+/).length <= MAX_WORDS,
    `has too many words; give at most ${MAX_WORDS}`,
  )
    .meta({ description: `up to ${MAX_WORDS} words of the last reply or reason, in any case` })
    .exactOptional(),
};

export const LOG_QUERY = z.strictObject({
  ...LOG_FILTER,
  limit: limit(20),
  cursor: TEXT.meta({ description: '"next" of the page before' }).exactOptional(),
});
export const FOLLOW_QUERY = z.strictObject({
  ...LOG_FILTER,
  last: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .meta({ description: 'how many past events to begin with' }),
});
export const USERS_QUERY = z.strictObject({ agency: AGENCY_CODE });
export const QUEUE_QUERY = z.strictObject({
  sender: ADDRESS,
  recipient: ADDRESS,
  held: z.enum(['true', 'false']).exactOptional(),
  stage: z.enum(STAGES).exactOptional(),
  limit: limit(100),
  after: MESSAGE_ID.meta({ description: 'the last id of the page before' }),
});
export const QUARANTINE_QUERY = z.strictObject({
  agency: AGENCY_CODE,
  reason: z.enum(QUARANTINE_REASONS).exactOptional(),
  sender: ADDRESS,
  recipient: ADDRESS,
  since: MOMENT_TEXT.meta({ description: 'kept at this moment or later' }),
  until: MOMENT_TEXT.meta({ description: 'kept before this moment' }),
  limit: limit(100),
  cursor: TEXT.meta({ description: '"next" of the page before' }).exactOptional(),
});

export type LogFilterQuery = Omit<z.infer<typeof LOG_QUERY>, 'limit' | 'cursor'>;

/** Milliseconds since 1970; null: neither those nor ISO 8601 with a time zone. */
export function momentOf(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  // A time without a zone would be read in the server's.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return null;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : moment;
}

function limit(fallback: number) {
  return z.coerce.number().int().min(1).max(1_000).default(fallback);
}

/** `outcome=a&outcome=b`; given once, a URL's reader makes a text of it and no list. */
function repeatable<Item extends z.ZodType>(item: Item) {
  return z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item).max(20).readonly());
}
