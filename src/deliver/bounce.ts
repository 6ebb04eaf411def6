/**
 * Tells our own authenticated senders what could not be delivered, by a new message in the spool. Nobody else is told
 * (promise P5: no backscatter), and never about a message with the null sender (RFC 5321 §4.5.5).
 *
 * Invariant: the notice is synced in the spool before this says `sent`; only then may its cause be settled. A crash
 * in between tells the sender twice, never not at all.
 */
import { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { buildFailureNotice, type FailureNotice } from '../mail/dsn.ts';
import type { Envelope, Login } from '../mail/envelope.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import { noticeEnvelope } from '../mail/notice-envelope.ts';
import type { Enter, Spool } from '../spool/spool.ts';

export interface Bounces {
  /** One notice about all these recipients. `postponed`: the spool takes nothing now; try again later. */
  send(envelope: Envelope, to: Login, failures: FailureNotice['failures']): Promise<BounceResult>;
}

export type BounceResult =
  | { readonly kind: 'sent'; readonly bounce: MessageId }
  | { readonly kind: 'postponed'; readonly reason: string };

export interface BouncesDeps {
  readonly spool: Pick<Spool, 'read'>;
  readonly enter: Enter;
  readonly hostname: string;
  readonly timezone: string;
  readonly clock: Clock;
}

const HEADER_LIMIT = 50_000;

/** The user to be told of a failure; null: nobody may be. */
export function bounceTo({ login, sender }: Pick<Envelope, 'login' | 'sender'>): Login | null {
  return sender === null ? null : login;
}

export function createBounces(deps: BouncesDeps): Bounces {
  const { spool, enter, hostname, timezone, clock } = deps;
  return {
    async send(cause, to, failures) {
      const now = clock.now();
      const id = newMessageId(now);
      const content = buildFailureNotice({
        id,
        about: cause.id,
        hostname,
        timezone,
        now,
        receivedAt: cause.receivedAt,
        to: to.address,
        messageIdHeader: cause.messageIdHeader,
        originalHeader: await readHeader(await spool.read(cause.id)),
        failures,
      });
      const { address, userId, agencyId } = to;
      const recipients = [{ address, userId, agencyId }];
      const envelope = noticeEnvelope({ id, cause, recipients, hostname, now, sizeBytes: content.length });
      const result = await enter(envelope, Readable.from([content], { objectMode: false }));
      if (result.kind !== 'stored') {
        return { kind: 'postponed', reason: `the notice to the sender could not be stored: ${result.kind}` };
      }
      return { kind: 'sent', bounce: id };
    },
  };
}

/** Whole header lines, at most 50 kB; the empty line and what follows it are left out. */
async function readHeader(content: Readable): Promise<Buffer> {
  let seen = Buffer.alloc(0);
  for await (const chunk of content) {
    seen = Buffer.concat([seen, chunk]);
    if (seen.length >= HEADER_LIMIT || seen.includes('\r\n\r\n')) break;
  }
  const end = seen.indexOf('\r\n\r\n');
  if (end >= 0 && end + 2 <= HEADER_LIMIT) return seen.subarray(0, end + 2);
  const lastLine = seen.subarray(0, HEADER_LIMIT).lastIndexOf('\r\n');
  return seen.subarray(0, lastLine < 0 ? 0 : lastLine + 2);
}
