/**
 * One message between the client's octets and the spool: looks at every octet, holds the header block until it
 * is whole, judges and rewrites it, and hands all to the spool and to the content rules as it comes. Once a reason to
 * refuse is found the spool forgets the message and the rest is only counted: the answer can be given at its end, not
 * before.
 */
import type { Limits } from '../config/settings.ts';
import type { Directory } from '../directory/directory.ts';
import type { Log } from '../lib/log.ts';
import type { DomainName } from '../mail/address.ts';
import type { DoorInspection } from '../mail/envelope.ts';
import type { Finding } from '../mail/finding.ts';
import type { Reply } from '../mail/reply.ts';
import type { Incoming } from '../spool/spool.ts';
import type { ContentCheck } from './content-check.ts';
import { createOctets, type Flaw, type Octets } from './octets.ts';
import { replies, tooBig } from './replies.ts';
import { type HeaderFacts, rewriteHeader } from './rewrite.ts';

/** `why`: for operators; null: the reply says it all. `findings`: of the content rules; absent: it was not for these. */
export interface IntakeRefusal {
  readonly reply: Reply;
  readonly why: string | null;
  readonly findings?: readonly Finding[];
}

export interface Intake {
  /** Never throws; the promise, if any, asks for a pause. */
  take(chunk: Buffer): Promise<void> | undefined;
  /** After the last octet. */
  finish(): Promise<void> | undefined;
  /** Why the message is turned away; null: nothing found. */
  readonly refusal: IntakeRefusal | null;
  /** Octets handed to the spool. */
  readonly sizeBytes: number;
  readonly messageIdHeader: string | null;
  /** As in `Envelope`. */
  readonly claimsOurDomain: boolean;
  /** Null: the message is refused, or not at its end yet. */
  readonly inspection: DoorInspection | null;
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
  readonly check: ContentCheck;
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
  inspection: DoorInspection | null = null;
  readonly #deps: IntakeDeps;
  readonly #octets: Octets;
  /** What came of the header block; null: it went on to the spool. */
  #held: Buffer[] | null = [];
  /** The spool has forgotten the message: it will be refused at its end, and only what else there is to say is looked for. */
  #forgotten = false;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#octets = createOctets(deps.limits.lineBytes);
  }

  readonly take = (chunk: Buffer): Promise<void> | undefined => this.#guard(() => this.#next(chunk));

  finish(): Promise<void> | undefined {
    const held = this.#held;
    const passed = held ? this.#guard(() => this.#passHeader(joined(held), this.#octets.bytes)) : undefined;
    const ended = this.#guard(() => this.#judge());
    return joint([passed, ended]);
  }

  #next(chunk: Buffer): Promise<void> | undefined {
    const octets = this.#octets;
    const { limits } = this.#deps;
    octets.take(chunk);
    if (this.refusal) return undefined;
    if (octets.flaw) return this.#refuse(FLAWS[octets.flaw]);
    if (octets.bytes > limits.messageBytes) return this.#refuse(tooBig(limits.messageBytes));
    if (!this.#held) return this.#pass([chunk]);
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
    const written = this.#write([header.added]);
    const passed = this.#pass([...header.kept, start.subarray(headerEnd)]);
    const asked = header.claimedDomains.size > 0 ? this.#askWhose(header.claimedDomains) : undefined;
    return joint([written, passed, asked]);
  }

  async #askWhose(domains: ReadonlySet<DomainName>): Promise<void> {
    this.claimsOurDomain = domains.size > MAX_CLAIMED;
    for (const domain of domains) {
      if (this.claimsOurDomain) return;
      this.claimsOurDomain = await this.#deps.directory.isOurDomain(domain);
    }
  }

  /** What is the client's, to the content rules and to the spool. */
  #pass(pieces: readonly Buffer[]): Promise<void> | undefined {
    const { check, incoming } = this.#deps;
    for (const piece of pieces) check.write(piece);
    if (!check.hopeless || this.#forgotten) return this.#write(pieces);
    this.#forgotten = true;
    return incoming.abort();
  }

  #write(pieces: readonly Buffer[]): Promise<void> | undefined {
    if (this.#forgotten) return undefined;
    const waits: (Promise<void> | undefined)[] = [];
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.sizeBytes += piece.length;
      waits.push(this.#deps.incoming.write(piece));
    }
    return joint(waits);
  }

  #judge(): Promise<void> | undefined {
    if (this.refusal) return undefined;
    const decision = this.#deps.check.end();
    if (decision.kind === 'refused') return this.#refuse(decision.reply, null, decision.findings);
    // A message that the spool has forgotten cannot be kept; its rule was changed while it came.
    if (this.#forgotten) return this.#refuse(replies.internal);
    this.inspection = decision.inspection;
    return undefined;
  }

  #refuse(reply: Reply, why: string | null = null, findings?: readonly Finding[]): Promise<void> {
    this.refusal = { reply, why, ...(findings && { findings }) };
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

function joint(waits: readonly (Promise<void> | undefined)[]): Promise<void> | undefined {
  const real = waits.filter((wait) => wait !== undefined);
  return real.length === 0 ? undefined : Promise.all(real).then(() => undefined);
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first, ...more] = chunks;
  return first && more.length === 0 ? first : Buffer.concat(chunks);
}
