/**
 * Reads the octets of one message from the client to their end, at the client's pace but not at any pace: a
 * message has to come at a least rate and within a total time, and more than it may have is not read for ever.
 */
import type { Readable } from 'node:stream';
import type { Limits } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';

/** gone: the client left. flood: more than `maxBytes`. In all cases but `complete` the stream is destroyed. */
export type ReadEnd = 'complete' | 'gone' | 'slow' | 'stopping' | 'flood';

export interface ReadOptions {
  readonly limits: Pick<Limits, 'dataMs' | 'dataBytesPerSecond' | 'commandMs'>;
  readonly maxBytes: number;
  readonly clock: Pick<Clock, 'elapsedMs'>;
  readonly stopping: AbortSignal;
}

/** `take` must not throw; its promise holds the client back. */
export function readContent(
  content: Readable,
  take: (chunk: Buffer) => Promise<void> | undefined,
  options: ReadOptions,
): Promise<ReadEnd> {
  const { limits, clock, stopping, maxBytes } = options;
  return new Promise((resolve) => {
    const startedAt = clock.elapsedMs();
    let bytes = 0;
    /** Time that the client spent waiting for us does not count against it. */
    let waitedMs = 0;
    let waitingSince: number | null = null;
    let ended = false;

    const finish = (end: ReadEnd): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
      if (end !== 'complete') content.destroy();
      resolve(end);
    };
    const stop = (): void => finish('stopping');
    const dueAt = (): number => {
      const allowedMs = limits.commandMs + (bytes / limits.dataBytesPerSecond) * 1_000;
      return startedAt + waitedMs + Math.min(limits.dataMs, allowedMs);
    };
    const check = (): void => {
      const leftMs = dueAt() - clock.elapsedMs();
      if (leftMs <= 0 && waitingSince === null) finish('slow');
      else timer = setTimeout(check, Math.max(leftMs, 10));
    };
    let timer = setTimeout(check, dueAt() - startedAt);

    const resume = (): void => {
      if (waitingSince !== null) waitedMs += clock.elapsedMs() - waitingSince;
      waitingSince = null;
      content.resume();
    };
    content.on('data', (chunk: Buffer) => {
      if (ended) return;
      bytes += chunk.length;
      if (bytes > maxBytes) {
        finish('flood');
        return;
      }
      const wait = take(chunk);
      if (!wait) return;
      content.pause();
      waitingSince = clock.elapsedMs();
      void wait.then(resume);
    });
    // A client that breaks off is an error of the stream and never its end.
    content.once('end', () => finish('complete'));
    content.on('error', () => finish('gone'));
    content.once('close', () => finish('gone'));
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
  });
}
