/**
 * One message between the client's octets and the spool: looks at every octet, holds the header block until it
 * is whole, judges and rewrites it, and hands all to the spool as it comes. Once a reason to refuse is found the
 * spool forgets the message and the rest is only counted: the answer can be given at its end, not before.
 */
import type { Limits } from '../config/settings.ts';
import type { Directory } from '../directory/directory.ts';
import type { Log } from '../lib/log.ts';
import type { DomainName } from '../mail/address.ts';
import type { Reply } from '../mail/reply.ts';
import type { Incoming } from '../spool/spool.ts';
import { createOctets, type Flaw, type Octets } from './octets.ts';
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
  /** As in `Envelope`. */
  readonly claimsOurDomain: boolean;
}

const FLAWS: Record<Flaw, Reply> = {
  'bare CR': replies.bareCarriageReturn,
  'bare LF': replies.bareLineFeed,
  NUL: replies.nul,
  'long line': replies.lineOfMessageTooLong,
};

/** Honest mail names one. Who names more than these is taken to name ours, without a question for each. */
const MAX_CLAIMED = 20;

export interface IntakeDeps {
  readonly incoming: Incoming;
  readonly facts: HeaderFacts;
  readonly directory: Pick<Directory, 'isOurDomain'>;
  readonly limits: Limits;
  readonly log: Log;
}

export function createIntake(deps: IntakeDeps): Intake {
  return new MessageIntake(deps);
}

class MessageIntake implements Intake {
  refusal: Intake['refusal'] = null;
  sizeBytes = 0;
  messageIdHeader: string | null = null;
  claimsOurDomain = false;
  readonly #deps: IntakeDeps;
  readonly #octets: Octets;
  /** What came of the header block; null: it went on to the spool. */
  #held: Buffer[] | null = [];

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#octets = createOctets(deps.limits.lineBytes);
  }

  readonly take = (chunk: Buffer): Promise<void> | undefined => this.#guard(() => this.#next(chunk));

  finish(): Promise<void> | undefined {
    const held = this.#held;
    return held ? this.#guard(() => this.#passHeader(joined(held), this.#octets.bytes)) : undefined;
  }

  #next(chunk: Buffer): Promise<void> | undefined {
    const octets = this.#octets;
    const { limits } = this.#deps;
    octets.take(chunk);
    if (this.refusal) return undefined;
    if (octets.flaw) return this.#refuse(FLAWS[octets.flaw]);
    if (octets.bytes > limits.messageBytes) return this.#refuse(tooBig(limits.messageBytes));
    if (!this.#held) return this.#write([chunk]);
    this.#held.push(chunk);
    if (octets.headerEnd >= 0) return this.#passHeader(joined(this.#held), octets.headerEnd);
    const tooLarge = octets.bytes > limits.headerBytes || octets.headerLines > limits.headerLines;
    return tooLarge ? this.#refuse(replies.headerTooLarge) : undefined;
  }

  #passHeader(start: Buffer, headerEnd: number): Promise<void> | undefined {
    const { facts, limits } = this.#deps;
    this.#held = null;
    if (headerEnd > limits.headerBytes || this.#octets.headerLines > limits.headerLines) {
      return this.#refuse(replies.headerTooLarge);
    }
    const header = rewriteHeader(start.subarray(0, headerEnd), facts, limits);
    if (header.kind === 'refused') return this.#refuse(header.reply, header.why);
    this.messageIdHeader = header.messageIdHeader;
    const written = this.#write([...header.pieces, start.subarray(headerEnd)]);
    if (header.claimedDomains.size === 0) return written;
    return Promise.all([written, this.#askWhose(header.claimedDomains)]).then(() => undefined);
  }

  async #askWhose(domains: ReadonlySet<DomainName>): Promise<void> {
    this.claimsOurDomain = domains.size > MAX_CLAIMED;
    for (const domain of domains) {
      if (this.claimsOurDomain) return;
      this.claimsOurDomain = await this.#deps.directory.isOurDomain(domain);
    }
  }

  #write(pieces: readonly Buffer[]): Promise<void> | undefined {
    const waits: Promise<void>[] = [];
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.sizeBytes += piece.length;
      const wait = this.#deps.incoming.write(piece);
      if (wait) waits.push(wait);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  #refuse(reply: Reply, why: string | null = null): Promise<void> {
    this.refusal = { reply, why };
    this.#held = null;
    return this.#deps.incoming.abort();
  }

  #guard(work: () => Promise<void> | undefined): Promise<void> | undefined {
    try {
      return work()?.catch((error: unknown) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    const { log, facts } = this.#deps;
    log.error({ err: error, id: facts.id }, 'taking in a message failed');
    this.refusal ??= { reply: replies.internal, why: null };
    this.#held = null;
  }
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first, ...more] = chunks;
  return first && more.length === 0 ? first : Buffer.concat(chunks);
}
