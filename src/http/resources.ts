/**
 * The JSON that the API answers and takes, resource by resource: the contract with the geganti command and the console.
 * Answers and requests are checked against these schemas (in tests and at the door), the OpenAPI document is made from
 * them, and so are the types. Moments are milliseconds since 1970 UTC (`…At`), except in events.
 */
import { z } from 'zod';
import { TOKEN_RIGHTS } from '../directory/directory.ts';
import { QUEUE_ACTS, STAGES } from '../queue/queue.ts';
import { OUTCOMES } from '../trace/log.ts';
import {
  BYTES,
  CLIENT,
  COUNT,
  DOOR,
  EVENT,
  FINAL_OUTCOME,
  ID,
  LOGIN,
  list,
  MOMENT,
  QUARANTINE_REASON,
  REASON,
  SENDER,
  VERDICT,
} from './event-resources.ts';

export type { FinalOutcome, Finding, RecordedEvent, Verdict } from './event-resources.ts';
export type { PolicyTest, PolicyTestRequest } from './policy-resources.ts';
export type { PartStatus, ProcessStatus, Status } from './status.ts';

/** RFC 9457: every answer that is not the one asked for. */
export const PROBLEM = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'one line that names the thing, its value and the cure' }),
  })
  .meta({ id: 'Problem' });

// Agencies

const CODE = z.string().min(1).max(64).meta({ description: 'short code of an agency: "moh"' });
const NAME = z.string().min(1).max(200);
const DOMAINS = list(z.string().max(255)).meta({ description: 'mail domains' });
const GRADE_SCHEME = z.enum(['classic', 'sspa']);
const QUOTA = z
  .int()
  .min(1)
  .nullable()
  .meta({ description: 'size of a mailbox in octets; null: by the next wider rule' });

export const AGENCY = z
  .strictObject({
    id: z.string(),
    code: CODE,
    name: z.string(),
    domains: DOMAINS,
    gradeScheme: GRADE_SCHEME,
    quotaBytes: QUOTA,
    createdAt: MOMENT,
  })
  .meta({ id: 'Agency' });

export const AGENCY_LIST = z.strictObject({ agencies: list(AGENCY) }).meta({ id: 'AgencyList' });

export const NEW_AGENCY = z
  .strictObject({
    code: CODE,
    name: NAME,
    domains: z.array(z.string().max(255)).min(1).max(100).readonly(),
    gradeScheme: GRADE_SCHEME,
    quotaBytes: QUOTA.exactOptional(),
  })
  .meta({ id: 'NewAgency' });

export const AGENCY_CHANGES = z
  .strictObject({
    name: NAME.exactOptional(),
    quotaBytes: QUOTA.exactOptional(),
    addDomains: z.array(z.string().max(255)).min(1).max(100).readonly().exactOptional(),
  })
  .refine(changesSomething, 'changes nothing; give at least one of name, quotaBytes, addDomains')
  .meta({ id: 'AgencyChanges', description: 'what is absent stays as it is', minProperties: 1 });

// Users

// Read by the directory, which says how grades are written.
const GRADE = z.string().max(64).meta({ description: '"N29", "FA44", "JUSA C"' });

export const USER = z
  .strictObject({
    id: z.string(),
    agency: z.string().meta({ description: 'code of the agency' }),
    address: z.string(),
    name: z.string(),
    grade: z.string(),
    quotaBytes: QUOTA,
    effectiveQuotaBytes: BYTES,
    active: z.boolean(),
    administrator: z.boolean().meta({ description: 'gets the mail to postmaster@ and abuse@' }),
    createdAt: MOMENT,
  })
  .meta({ id: 'User' });

export const USER_LIST = z.strictObject({ users: list(USER) }).meta({ id: 'UserList' });

export const USER_WITH_PASSWORD = z
  .strictObject({ user: USER, password: z.string().meta({ description: 'shown once, never stored' }) })
  .meta({ id: 'UserWithPassword' });

export const NEW_USER = z
  .strictObject({
    address: z.string().min(1).max(320),
    name: NAME,
    grade: GRADE,
    quotaBytes: QUOTA.exactOptional(),
    administrator: z.boolean().exactOptional(),
  })
  .meta({ id: 'NewUser' });

export const USER_CHANGES = z
  .strictObject({
    name: NAME.exactOptional(),
    grade: GRADE.exactOptional(),
    quotaBytes: QUOTA.exactOptional(),
    active: z.boolean().exactOptional(),
    administrator: z.boolean().exactOptional(),
  })
  .refine(
    changesSomething,
    'changes nothing; give at least one of name, grade, quotaBytes, active, administrator',
  )
  .meta({ id: 'UserChanges', description: 'what is absent stays as it is', minProperties: 1 });

// Tokens

const RIGHT = z.enum(TOKEN_RIGHTS);

export const TOKEN = z
  .strictObject({
    name: z.string(),
    right: RIGHT,
    expiresAt: MOMENT.nullable().meta({ description: 'null: it does not end' }),
    createdAt: MOMENT,
  })
  .meta({ id: 'Token' });

export const TOKEN_LIST = z.strictObject({ tokens: list(TOKEN) }).meta({ id: 'TokenList' });

export const TOKEN_WITH_SECRET = z
  .strictObject({ token: TOKEN, secret: z.string().meta({ description: 'shown once, never stored' }) })
  .meta({ id: 'TokenWithSecret' });

export const NEW_TOKEN = z
  .strictObject({
    name: z.string().min(1).max(64),
    right: RIGHT,
    expiresAt: MOMENT.min(0).nullable().exactOptional(),
  })
  .meta({ id: 'NewToken' });

// The delivery log

const LOG_ENTRY = z
  .strictObject({
    id: ID.nullable().meta({ description: 'null: refused before there was a message, or a login' }),
    at: MOMENT,
    door: DOOR.nullable(),
    client: z.string().nullable(),
    login: z.string().nullable(),
    sender: SENDER.optional().meta({ description: 'absent: refused before MAIL; null: the empty path <>' }),
    senderAgency: z.string().nullable().meta({ description: 'code of the agency' }),
    recipient: z.string().nullable(),
    recipientAgency: z.string().nullable().meta({ description: 'code of the agency' }),
    messageIdHeader: z.string().nullable(),
    sizeBytes: BYTES.nullable(),
    parent: ID.nullable(),
    outcome: z.enum(OUTCOMES),
    reason: z.string().nullable(),
    reply: z.string().nullable().meta({ description: 'the last one, or why it waits or is kept' }),
    reasons: list(REASON).meta({ description: 'what was found in the content, heaviest first' }),
    attempts: COUNT,
    nextTryAt: MOMENT.nullable(),
    updatedAt: MOMENT,
  })
  .meta({ id: 'LogEntry', description: 'one recipient of a message with its present state, or a refusal' });

export const LOG_PAGE = z
  .strictObject({
    entries: list(LOG_ENTRY).meta({ description: 'newest first' }),
    next: z.string().nullable().meta({ description: 'cursor of the next page; null: there is no more' }),
  })
  .meta({ id: 'LogPage' });

const FOLLOW_NOTICE = z
  .strictObject({ notice: z.string() })
  .meta({ id: 'FollowNotice', description: 'something is missing here, or the stream ends, and why' });

export const FOLLOW_LINE = z.union([EVENT, FOLLOW_NOTICE]).meta({ id: 'FollowLine' });

// The queue

const WAITING = {
  id: ID,
  stage: z.enum(STAGES),
  held: z.boolean().meta({ description: 'an operator holds it' }),
  door: DOOR,
  sender: SENDER,
  recipients: list(z.string()).meta({ description: 'those who do not have it yet, the first twenty' }),
  recipientCount: COUNT.meta({ description: 'those who do not have it yet' }),
  receivedAt: MOMENT,
  sizeBytes: BYTES,
  attempts: COUNT.meta({ description: 'failed ones, at this stage' }),
  nextTryAt: MOMENT.meta({ description: '0: at once' }),
  reason: z.string().nullable().meta({ description: 'what the last attempt came to; null: there was none' }),
};

const WAITING_MESSAGE = z.strictObject(WAITING).meta({ id: 'WaitingMessage' });

const RECIPIENT_STATE = z
  .strictObject({
    address: z.string(),
    outcome: FINAL_OUTCOME.nullable().meta({ description: 'null: still to be delivered' }),
    attempts: COUNT,
    nextTryAt: MOMENT.meta({ description: '0: at once' }),
    reason: z.string().nullable(),
  })
  .meta({ id: 'RecipientState' });

export const WAITING_MESSAGE_IN_FULL = z
  .strictObject({
    ...WAITING,
    client: CLIENT.nullable(),
    login: LOGIN.nullable(),
    messageIdHeader: z.string().nullable(),
    parent: ID.nullable(),
    verdict: VERDICT.nullable(),
    recipientStates: list(RECIPIENT_STATE).meta({ description: 'of every recipient' }),
  })
  .meta({ id: 'WaitingMessageInFull' });

export const WAITING_LIST = z
  .strictObject({
    total: COUNT.meta({ description: 'all that fit, of the pages after this one too' }),
    messages: list(WAITING_MESSAGE).meta({ description: 'oldest first' }),
  })
  .meta({ id: 'WaitingList' });

const QUEUE_ACT = z.enum(QUEUE_ACTS);

export const MESSAGE_IDS = z
  .strictObject({ ids: z.array(z.string()).min(1).max(1_000).readonly() })
  .meta({ id: 'MessageIds' });

export const QUEUE_CHANGE = z
  .strictObject({
    changed: list(ID).meta({ description: 'the others are finished, or were so already' }),
  })
  .meta({ id: 'QueueChange' });

export const MESSAGE_PATH = z
  .strictObject({
    id: ID,
    events: list(EVENT).meta({ description: 'oldest first' }),
    parent: ID.nullable().meta({ description: 'the message that caused this one' }),
    children: list(ID).meta({ description: 'those that this one caused: bounces, releases' }),
    waiting: WAITING_MESSAGE.nullable().meta({ description: 'null: it has left the spool' }),
    notice: z.string().nullable().meta({ description: 'what could not be found out, and why' }),
  })
  .meta({ id: 'MessagePath', description: 'the path of one message' });

// The quarantine

const HEADER_TEXT = z
  .string()
  .nullable()
  .meta({ description: 'of the header, decoded and cut, as a stranger wrote it; null: not known' });

const KEPT = {
  id: ID,
  reason: QUARANTINE_REASON,
  detail: z.string(),
  sender: SENDER,
  from: HEADER_TEXT,
  subject: HEADER_TEXT,
  recipients: list(z.string()).meta({ description: 'those that it is kept from' }),
  sizeBytes: BYTES,
  receivedAt: MOMENT,
  keptAt: MOMENT,
  expiresAt: MOMENT,
};

export const KEPT_MESSAGE = z.strictObject(KEPT).meta({ id: 'KeptMessage' });

export const KEPT_MESSAGE_IN_FULL = z
  .strictObject({
    ...KEPT,
    door: DOOR,
    client: CLIENT.nullable(),
    login: LOGIN.nullable(),
    messageIdHeader: z.string().nullable(),
    verdict: VERDICT.nullable(),
  })
  .meta({ id: 'KeptMessageInFull' });

export const KEPT_CONTENTS = z
  .strictObject({
    fields: list(z.strictObject({ name: z.string(), value: z.string() })).meta({
      description: 'the header, decoded and cut',
    }),
    parts: list(
      z.strictObject({
        path: z.string().meta({ description: 'number of the part; empty: the message' }),
        depth: COUNT,
        type: z.string(),
        names: list(z.string()).meta({ description: 'file names, the likeliest first' }),
        disposition: z.enum(['inline', 'attachment']).nullable(),
        sizeBytes: BYTES.nullable().meta({ description: 'decoded; null: it only holds other parts' }),
      }),
    ).meta({ description: 'the tree, each part before those in it' }),
    cut: z.boolean().meta({ description: 'there is more than is shown' }),
  })
  .meta({ id: 'KeptContents', description: 'what a kept message is made of, never its content' });

export const QUARANTINE_LIST = z
  .strictObject({
    total: COUNT.meta({ description: 'all that fit; items may hold fewer' }),
    items: list(KEPT_MESSAGE).meta({ description: 'last kept first' }),
    next: z.string().nullable().meta({ description: 'cursor of the next page; null: there is no more' }),
  })
  .meta({ id: 'QuarantineList' });

export const RELEASE_REQUEST = z
  .strictObject({
    recipients: z
      .array(z.string().min(1).max(320))
      .min(1)
      .max(1_000)
      .readonly()
      .exactOptional()
      .meta({ description: 'absent: all that it is kept from' }),
    force: z.boolean().exactOptional().meta({ description: 'true: even with a virus' }),
  })
  .meta({ id: 'ReleaseRequest' });

export const RELEASE = z
  .strictObject({ message: ID.meta({ description: 'the new message that carries it on' }) })
  .meta({ id: 'Release' });

// Health

export const LIVE = z.strictObject({ live: z.literal(true) }).meta({ id: 'Live' });
export const READY = z.strictObject({ ready: z.literal(true) }).meta({ id: 'Ready' });

function changesSomething(changes: object): boolean {
  return Object.keys(changes).length > 0;
}

export type ProblemDetails = z.infer<typeof PROBLEM>;
export type Agency = z.infer<typeof AGENCY>;
export type AgencyList = z.infer<typeof AGENCY_LIST>;
export type NewAgency = z.infer<typeof NEW_AGENCY>;
export type AgencyChanges = z.infer<typeof AGENCY_CHANGES>;
export type User = z.infer<typeof USER>;
export type UserList = z.infer<typeof USER_LIST>;
export type UserWithPassword = z.infer<typeof USER_WITH_PASSWORD>;
export type NewUser = z.infer<typeof NEW_USER>;
export type UserChanges = z.infer<typeof USER_CHANGES>;
export type Token = z.infer<typeof TOKEN>;
export type TokenList = z.infer<typeof TOKEN_LIST>;
export type TokenWithSecret = z.infer<typeof TOKEN_WITH_SECRET>;
export type NewToken = z.infer<typeof NEW_TOKEN>;
export type LogEntry = z.infer<typeof LOG_ENTRY>;
export type LogPage = z.infer<typeof LOG_PAGE>;
export type FollowNotice = z.infer<typeof FOLLOW_NOTICE>;
export type FollowLine = z.infer<typeof FOLLOW_LINE>;
export type WaitingMessage = z.infer<typeof WAITING_MESSAGE>;
export type RecipientState = z.infer<typeof RECIPIENT_STATE>;
export type WaitingMessageInFull = z.infer<typeof WAITING_MESSAGE_IN_FULL>;
export type WaitingList = z.infer<typeof WAITING_LIST>;
export type QueueAct = z.infer<typeof QUEUE_ACT>;
export type MessageIds = z.infer<typeof MESSAGE_IDS>;
export type QueueChange = z.infer<typeof QUEUE_CHANGE>;
export type MessagePath = z.infer<typeof MESSAGE_PATH>;
export type KeptMessage = z.infer<typeof KEPT_MESSAGE>;
export type KeptMessageInFull = z.infer<typeof KEPT_MESSAGE_IN_FULL>;
export type KeptContents = z.infer<typeof KEPT_CONTENTS>;
export type QuarantineList = z.infer<typeof QUARANTINE_LIST>;
export type ReleaseRequest = z.infer<typeof RELEASE_REQUEST>;
export type Release = z.infer<typeof RELEASE>;
