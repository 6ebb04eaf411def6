/**
 * Writes a stream into a socket or request with back-pressure, and keeps two kinds of failure apart: a broken
 * source is thrown (our disk), a sink that closed is the answer `false` (their end). `pipeline` mixes the two.
 */
import type { Readable, Writable } from 'node:stream';

/**
 * Hands every chunk of `source` to `write`, which returns what `sink.write` returned, and waits while the sink is full.
 * Resolves with whether the sink took everything; the source is destroyed in every case. It does not end the sink.
 */
export async function feed(
  source: Readable,
  sink: Writable,
  write: (chunk: Buffer) => boolean,
): Promise<boolean> {
  for await (const chunk of source) {
    if (closed(sink)) return false;
    if (!write(chunk)) await drained(sink);
  }
  return !closed(sink);
}

function closed(sink: Writable): boolean {
  return sink.destroyed || sink.errored !== null || sink.writableEnded;
}

/** Resolves when the sink takes more, or never will. */
export function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (closed(sink) || !sink.writableNeedDrain) return resolve();
    const done = (): void => {
      sink.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    sink.on('drain', done).on('close', done).on('error', done);
  });
}
