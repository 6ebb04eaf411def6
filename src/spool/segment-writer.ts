/**
 * Group commit: every message that waits when a flush begins goes out in one write and one sync; the next group
 * gathers meanwhile. The only writer of segments.
 *
 * A segment that failed once is not trusted again: it is cut back to its last synced record (as far as the disk lets
 * us), sealed, and the next group goes into a new one. Nobody is told "stored" before the sync has returned, and for
 * the first group of a segment not before the sync of its folder.
 */
import type { Clock } from '../lib/clock.ts';
import { isDiskFull } from '../lib/durable-file.ts';
import { messageOf } from '../lib/problem.ts';
import { type ActiveSegment, type ActiveSegmentDeps, openSegment } from './active-segment.ts';
import type { Container } from './containers.ts';
import { segmentName } from './layout.ts';

/** Bounds the wait of those who come first. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

export type Appended =
  | { readonly kind: 'stored'; readonly container: Container; readonly offset: number }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed' };

export interface SegmentWriter extends AsyncDisposable {
  /** One record, in pieces. Its container stays until the message leaves it. */
  append(pieces: readonly Buffer[]): Promise<Appended>;
}

export interface SegmentWriterDeps extends ActiveSegmentDeps {
  readonly firstNumber: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly clock: Clock;
}

interface Waiting {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  readonly answer: (result: Appended) => void;
}

export function createSegmentWriter(deps: SegmentWriterDeps): SegmentWriter {
  const { segmentBytes, segmentMs, containers, clock, log } = deps;
  const waiting: Waiting[] = [];
  let active: ActiveSegment | null = null;
  /** The active segment is to be sealed before the next group. */
  let due = false;
  let aging = new AbortController();
  let nextNumber = deps.firstNumber;
  let running: Promise<void> | null = null;
  let ended = false;

  /** At the end of the tick, so that all who come in it share the first flush. */
  const kick = (): void => {
    running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(run);
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0 || due) {
      if (due) await seal();
      const group = takeGroup();
      if (group.length > 0) await flush(group);
    }
    running = null;
  };

  const takeGroup = (): Waiting[] => {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && bytes < MAX_GROUP_BYTES) bytes += waiting[count++]?.bytes ?? 0;
    return waiting.splice(0, count);
  };

  const flush = async (group: readonly Waiting[]): Promise<void> => {
    try {
      active ??= await open();
      await active.append(group.flatMap(({ pieces }) => pieces));
    } catch (error) {
      const kind = isDiskFull(error) ? 'full' : 'failed';
      log.error(
        { error: messageOf(error), messages: group.length },
        'mail could not be written to the spool',
      );
      await active?.cutBack();
      await seal();
      for (const { answer } of group) answer({ kind });
      return;
    }
    const { container } = active;
    for (const { bytes, answer } of group) {
      containers.enter(container);
      answer({ kind: 'stored', container, offset: container.bytes });
      container.bytes += bytes;
    }
    due ||= container.bytes >= segmentBytes;
  };

  const open = async (): Promise<ActiveSegment> => {
    const opened = await openSegment(deps, segmentName(nextNumber++));
    aging = new AbortController();
    const { signal } = aging;
    void clock.sleep(segmentMs, signal).then(() => {
      if (signal.aborted) return;
      due = true;
      kick();
    });
    return opened;
  };

  const seal = async (): Promise<void> => {
    const sealed = active;
    active = null;
    due = false;
    aging.abort();
    await sealed?.seal();
  };

  return {
    append(pieces) {
      if (ended) return Promise.resolve({ kind: 'failed' });
      let bytes = 0;
      for (const piece of pieces) bytes += piece.length;
      return new Promise((answer) => {
        waiting.push({ pieces, bytes, answer });
        kick();
      });
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      due = true;
      kick();
      while (running) await running;
    },
  };
}
