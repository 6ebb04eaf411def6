/**
 * The events of the delivery log, and the mail vocabulary in them, as the API answers them. They are shown as they are
 * kept (`trace/events.ts`): `at` is ISO 8601, agencies go by their ids.
 */
import { z } from 'zod';
import { ACTIONS, REASONS } from '../mail/finding.ts';
import { DISCARD_RULES, QUARANTINE_REASONS } from '../mail/outcome.ts';
import { QUEUE_ACTS } from '../queue/queue.ts';

/** A moment in milliseconds since 1970 UTC. */
export const MOMENT = z.int().meta({ description: 'milliseconds since 1970 UTC' });
export const COUNT = z.int().min(0);
export const BYTES = z.int().min(0).meta({ description: 'octets' });
export const ID = z.string().meta({ description: 'identity of a message' });
export const SENDER = z.string().nullable().meta({ description: 'null: the empty path <> of bounces' });
export const DOOR = z.enum(['mx', 'submission', 'submissions', 'internal']);
export const QUARANTINE_REASON = z.enum(QUARANTINE_REASONS);
export const FOLDER = z.enum(['INBOX', 'Junk']);
export const REASON = z.enum(REASONS).meta({ id: 'Reason', description: 'see docs/policy.md' });
const RULE = z.enum(DISCARD_RULES);
const REPLY = z.string().meta({ description: 'SMTP reply on one line' });

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

export const CLIENT = z
  .strictObject({
    address: z.string().meta({ description: 'IP address' }),
    helo: z.string(),
    tls: z.string().nullable().meta({ description: 'protocol and cipher; null: in clear' }),
  })
  .meta({ id: 'Client' });

export const LOGIN = z
  .strictObject({ userId: z.string(), agencyId: z.string(), address: z.string() })
  .meta({ id: 'Login', description: 'the user behind a submission' });

const FINDING = z
  .strictObject({
    reason: REASON,
    detail: z.string().meta({ description: 'the link (made harmless), the file, the fault' }),
    part: z.string().nullable().meta({
      description: 'number of the part, with what is inside it behind "!"; null: the message',
    }),
    action: z.enum(ACTIONS),
  })
  .meta({ id: 'Finding', description: 'what a rule found, and what is done about it' });

export const FINDINGS = list(FINDING).meta({ description: 'heaviest first' });

export const VERDICT = z
  .strictObject({
    action: z
      .enum(['deliver', 'junk', 'quarantine', 'refuse'])
      .meta({ description: 'the strongest of all findings' }),
    findings: FINDINGS,
    kind: z
      .enum(['clean', 'junk', 'spam', 'infected', 'unscannable'])
      .meta({ description: 'what the scanners say' }),
    signature: z.string().nullable(),
    score: z.number(),
    junkScore: z.number(),
    symbols: list(z.string()),
  })
  .meta({ id: 'Verdict', description: 'what scanners and content rules together found' });

export const FINAL_OUTCOME = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('delivered'), folder: FOLDER, reply: REPLY }),
    z.strictObject({ kind: z.literal('bounced'), reply: REPLY, bounce: ID }),
    z.strictObject({ kind: z.literal('quarantined'), reason: QUARANTINE_REASON }),
    z.strictObject({ kind: z.literal('discarded'), rule: RULE, reply: REPLY }),
  ])
  .meta({ id: 'FinalOutcome' });

/** What every event has. */
const KEPT = {
  at: z.string().meta({ description: 'ISO 8601 in UTC' }),
  event: z.string().meta({ description: 'identity of the fact; a line that repeats it says nothing new' }),
};

function event<Kind extends string, Shape extends z.core.$ZodLooseShape>(kind: Kind, shape: Shape) {
  return z.strictObject({ ...KEPT, kind: z.literal(kind), ...shape });
}

const ONE = { id: ID, recipient: z.string() };
const SEVERAL = { id: ID, recipients: list(z.string()) };
const NAMED = list(z.strictObject({ address: z.string(), agencyId: z.string() }));

export const EVENT = z
  .discriminatedUnion('kind', [
    event('refused', {
      id: ID.nullable(),
      door: DOOR,
      client: CLIENT,
      login: z.string().nullable(),
      sender: SENDER.optional(),
      recipient: z.string().nullable().meta({ description: 'of a refused RCPT, as given' }),
      recipients: NAMED.exactOptional().meta({
        description: 'of a message that was refused after its content',
      }),
      command: z.string(),
      reply: REPLY,
      reasons: list(REASON)
        .exactOptional()
        .meta({ description: 'of a message that was refused for its content' }),
      findings: FINDINGS.exactOptional(),
    }),
    event('login-failed', { id: z.null(), door: DOOR, client: CLIENT, name: z.string() }),
    event('accepted', {
      id: ID,
      door: DOOR,
      client: CLIENT.nullable(),
      login: LOGIN.nullable(),
      sender: SENDER,
      recipients: NAMED,
      sizeBytes: BYTES,
      messageIdHeader: z.string().nullable(),
      parent: ID.nullable(),
      recovered: z.boolean(),
    }),
    event('scanned', { id: ID, verdict: VERDICT, tookMs: z.number() }),
    event('deferred', {
      ...SEVERAL,
      stage: z.enum(['scan', 'deliver']),
      attempt: COUNT,
      nextTryAt: MOMENT,
      reason: z.string(),
    }),
    event('delivered', { ...ONE, folder: FOLDER, reply: REPLY, afterMs: z.number() }),
    event('bounced', { ...ONE, reply: REPLY, bounce: ID }),
    event('quarantined', { ...ONE, reason: QUARANTINE_REASON }),
    event('discarded', { ...ONE, rule: RULE, reply: REPLY }),
    event('queue-act', { id: ID, act: z.enum(QUEUE_ACTS), by: z.string() }),
    event('released', {
      ...SEVERAL,
      child: ID,
      by: z.string(),
      force: z.boolean().exactOptional().meta({ description: 'true: even with a virus' }),
      reason: QUARANTINE_REASON.exactOptional().meta({ description: 'what it was kept for' }),
    }),
    event('purged', { ...SEVERAL, by: z.string().nullable() }),
  ])
  .meta({ id: 'Event', description: 'a fact of the delivery log' });

export type RecordedEvent = z.infer<typeof EVENT>;
export type FinalOutcome = z.infer<typeof FINAL_OUTCOME>;
export type Finding = z.infer<typeof FINDING>;
export type Verdict = z.infer<typeof VERDICT>;
