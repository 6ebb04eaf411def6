/**
 * One message between the client's octets and the spool: looks at every octet, holds the header block until it
 * is whole, judges and rewrites it, and hands all to the spool as it comes. Once a reason to refuse is found the
 * spool forgets the message and the rest is only counted: the answer can be given at its end, not before.
 */
import type { Limits } from '../config/settings.ts';
import type { Log } from '../lib/log.ts';
import type { Reply } from '../mail/reply.ts';
import type { Incoming } from '../spool/spool.ts';
import { createOctets, type Flaw } from './octets.ts';
import { replies, tooBig } from './replies.ts';
import { type HeaderFacts, rewriteHeader } from './rewrite.ts';

export interface Intake {
  /** Never throws; the promise, if any, asks for a pause. */
  take(chunk: Buffer): Promise<void> | undefined;
  /** After the last octet. */
  finish(): Promise<void> | undefined;
  /** Why the message is turned away; null: nothing found. */
  readonly refusal: { readonly reply: Reply; readonly why: string | null } | null;
  /** Octets handed to the spool. */
  readonly sizeBytes: number;
  readonly messageIdHeader: string | null;
}

const FLAWS: Record<Flaw, Reply> = {
  'bare CR': replies.bareCarriageReturn,
  'bare LF': replies.bareLineFeed,
  NUL: replies.nul,
  'long line': replies.lineOfMessageTooLong,
};

export function createIntake(deps: {
  incoming: Incoming;
  facts: HeaderFacts;
  limits: Limits;
  log: Log;
}): Intake {
  const { incoming, facts, limits, log } = deps;
  const octets = createOctets(limits.lineBytes);
  /** What came of the header block; null: it went on to the spool. */
  let held: Buffer[] | null = [];
  let refusal: Intake['refusal'] = null;
  let sizeBytes = 0;
  let messageIdHeader: string | null = null;

  const refuse = (reply: Reply, why: string | null = null): Promise<void> => {
    refusal = { reply, why };
    held = null;
    return incoming.abort();
  };
  const write = (pieces: readonly Buffer[]): Promise<void> | undefined => {
    const waits: Promise<void>[] = [];
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      sizeBytes += piece.length;
      const wait = incoming.write(piece);
      if (wait) waits.push(wait);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  };
  const passHeader = (start: Buffer, headerEnd: number): Promise<void> | undefined => {
    held = null;
    if (headerEnd > limits.headerBytes || octets.headerLines > limits.headerLines) {
      return refuse(replies.headerTooLarge);
    }
    const header = rewriteHeader(start.subarray(0, headerEnd), facts, limits);
    if (header.kind === 'refused') return refuse(header.reply, header.why);
    messageIdHeader = header.messageIdHeader;
    return write([...header.pieces, start.subarray(headerEnd)]);
  };
  const next = (chunk: Buffer): Promise<void> | undefined => {
    octets.take(chunk);
    if (refusal) return undefined;
    if (octets.flaw) return refuse(FLAWS[octets.flaw]);
    if (octets.bytes > limits.messageBytes) return refuse(tooBig(limits.messageBytes));
    if (!held) return write([chunk]);
    held.push(chunk);
    if (octets.headerEnd >= 0) return passHeader(joined(held), octets.headerEnd);
    const tooLarge = octets.bytes > limits.headerBytes || octets.headerLines > limits.headerLines;
    return tooLarge ? refuse(replies.headerTooLarge) : undefined;
  };
  const guarded = (work: () => Promise<void> | undefined): Promise<void> | undefined => {
    const failed = (error: unknown): void => {
      log.error({ err: error, id: facts.id }, 'taking in a message failed');
      refusal ??= { reply: replies.internal, why: null };
      held = null;
    };
    try {
      return work()?.catch(failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  };

  return {
    take: (chunk) => guarded(() => next(chunk)),
    finish: () => guarded(() => (held ? passHeader(joined(held), octets.bytes) : undefined)),
    get refusal() {
      return refusal;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    get messageIdHeader() {
      return messageIdHeader;
    },
  };
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first, ...more] = chunks;
  return first && more.length === 0 ? first : Buffer.concat(chunks);
}
