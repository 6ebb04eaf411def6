/**
 * Looks at a message that nobody sends, to tell an operator what the content rules would do with it: with the inspector of
 * the doors, and with a box of its own where something must be opened. Nothing is kept of it.
 */
import { Readable } from 'node:stream';
import type { Envelope } from '../mail/envelope.ts';
import type { Found } from '../mail/finding.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { ContentPolicy, Judged } from '../rules/content-policy.ts';
import { createInspector } from '../rules/inspect.ts';
import { type ContentJudgeDeps, createContentJudge } from './judge.ts';

export interface ContentTrial {
  /** The rules in force. */
  policy(): ContentPolicy;
  /** What is found in it, were it sent so. Rejects when `signal` is aborted. */
  look(content: Buffer, judged: Judged, signal: AbortSignal): Promise<readonly Found[]>;
}

/** An operator tries one message after the other. */
const PROCESSES = 1;

export function createContentTrial(
  deps: Omit<ContentJudgeDeps, 'judged' | 'processes'>,
): ContentTrial & AsyncDisposable {
  const tried = new WeakMap<Envelope, Judged>();
  // Most servers never try one: the process starts with the first.
  let judge: ReturnType<typeof createContentJudge> | null = null;
  const start = () =>
    createContentJudge({
      ...deps,
      processes: PROCESSES,
      async judged(envelope) {
        const judged = tried.get(envelope);
        if (!judged) throw new Error(`trial: ${envelope.id} was not begun here`);
        return judged;
      },
    });
  return {
    policy: deps.policy,
    async look(content, judged, signal) {
      const inspector = createInspector({ policy: deps.policy(), judged });
      inspector.write(content);
      const { found, unopened } = inspector.end();
      if (!unopened) return found;
      const envelope = unsent(content, deps.clock.now());
      tried.set(envelope, judged);
      // It walks the message itself, so that what it finds is everything.
      judge ??= start();
      return await judge.inspect(
        envelope,
        async () => Readable.from([content], { objectMode: false }),
        signal,
      );
    },
    async [Symbol.asyncDispose]() {
      await judge?.[Symbol.asyncDispose]();
    },
  };
}

function unsent(content: Buffer, now: number): Envelope {
  return {
    id: newMessageId(now),
    door: 'internal',
    receivedAt: now,
    sender: null,
    login: null,
    client: null,
    recipients: [],
    sizeBytes: content.length,
    messageIdHeader: null,
    parent: null,
    claimsOurDomain: false,
  };
}
