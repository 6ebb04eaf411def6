/**
 * Where a verdict meets the session that waits for it. The worker only reports; the receiver alone answers its client.
 *
 * Invariant: for every message that was expected exactly one of these happens: `report` finds the session still
 * waiting with a refusing verdict and the session answers `5xx`; or the session answers `250` and the message goes on.
 */
import type { MessageId } from '../mail/message-id.ts';
import { isRefused, type Verdict } from '../mail/verdict.ts';

/** The worker's side. */
export interface VerdictReports {
  /** Whether the message goes on (`accepted`) or was turned away while its client waited (`refused`). */
  report(id: MessageId, verdict: Verdict): Promise<'accepted' | 'refused'>;
  /** No verdict is coming soon (a scanner is down): whoever waits is let go at once. */
  giveUp(id: MessageId): void;
}

export interface Verdicts extends VerdictReports {
  /** Nobody is there any more who could say: all who wait are let go at once. */
  giveUpAll(): void;
  /** Resolves with the verdict, or null when `timeoutMs` passed or `gone` was aborted (client left, shutting down). */
  expect(id: MessageId, timeoutMs: number, gone: AbortSignal): Promise<Verdict | null>;
}

export function createVerdicts(): Verdicts {
  const waiting = new Map<MessageId, (verdict: Verdict | null) => void>();
  return {
    expect(id, timeoutMs, gone) {
      return new Promise((resolve) => {
        if (gone.aborted) return resolve(null);
        const end = (verdict: Verdict | null): void => {
          waiting.delete(id);
          clearTimeout(timer);
          gone.removeEventListener('abort', left);
          resolve(verdict);
        };
        const left = (): void => end(null);
        const timer = setTimeout(left, timeoutMs);
        gone.addEventListener('abort', left, { once: true });
        waiting.set(id, end);
      });
    },
    async report(id, verdict) {
      const answer = waiting.get(id);
      if (!answer) return 'accepted';
      answer(verdict);
      return isRefused(verdict) ? 'refused' : 'accepted';
    },
    giveUp(id) {
      waiting.get(id)?.(null);
    },
    giveUpAll() {
      for (const end of [...waiting.values()]) end(null);
    },
  };
}
