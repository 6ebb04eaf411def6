/**
 * Group commit: every message that waits when a flush begins goes out in one write and one sync; the next group
 * gathers meanwhile. The only writer of segments.
 *
 * A segment that failed once is not trusted again: it is cut back to its last synced record (as far as the disk lets
 * us), sealed, and the next group goes into a new one. Nobody is told "stored" before the sync has returned, and for
 * the first group of a segment not before the sync of its folder.
 */
import type { Clock } from '../lib/clock.ts';
import { type Files, type Folder, isDiskFull, type OpenFile, writeAll } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Container, Containers } from './containers.ts';
import type { SpoolCrash } from './crash-points.ts';
import { segmentName } from './layout.ts';

/** Bounds the wait of those who come first. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

export type Appended =
  | { readonly kind: 'stored'; readonly container: Container; readonly offset: number }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed' };

export interface SegmentWriter extends AsyncDisposable {
  /** One record, in pieces. `bodyBytes` is counted as live in the container until the message leaves it. */
  append(pieces: readonly Buffer[], bodyBytes: number): Promise<Appended>;
}

export interface SegmentWriterDeps {
  readonly folder: Folder;
  readonly firstNumber: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly containers: Containers;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly crash: SpoolCrash;
}

interface Waiting {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  readonly bodyBytes: number;
  readonly answer: (result: Appended) => void;
}

interface Active {
  readonly container: Container;
  readonly file: OpenFile;
  readonly age: AbortController;
  due: boolean;
}

export function createSegmentWriter(deps: SegmentWriterDeps): SegmentWriter {
  const { folder, segmentBytes, segmentMs, containers, files, clock, log, crash } = deps;
  const waiting: Waiting[] = [];
  let active: Active | null = null;
  let nextNumber = deps.firstNumber;
  let running: Promise<void> | null = null;
  let ended = false;

  /** At the end of the tick, so that all who come in it share the first flush. */
  const kick = (): void => {
    running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(run);
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0 || active?.due) {
      if (active?.due) await seal(active);
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
      await store(active, group);
    } catch (error) {
      const kind = isDiskFull(error) ? 'full' : 'failed';
      log.error(
        { error: messageOf(error), messages: group.length },
        'mail could not be written to the spool',
      );
      if (active) await discard(active);
      for (const { answer } of group) answer({ kind });
    }
  };

  const open = async (): Promise<Active> => {
    const container = containers.open('segment', segmentName(nextNumber++));
    const age = new AbortController();
    let file: OpenFile | null = null;
    try {
      file = await files.create(container.path);
      crash('segment-created');
      await folder.sync();
    } catch (error) {
      await file?.close().catch(() => {});
      await containers.seal(container);
      throw error;
    }
    const opened = { container, file, age, due: false };
    void clock.sleep(segmentMs, age.signal).then(() => {
      opened.due = true;
      if (active === opened) kick();
    });
    return opened;
  };

  const store = async ({ container, file }: Active, group: readonly Waiting[]): Promise<void> => {
    const buffers = group.flatMap(({ pieces }) => pieces);
    await writeAll(file, buffers, container.bytes);
    crash('segment-appended');
    await file.sync();
    crash('segment-synced');
    for (const { bytes, bodyBytes, answer } of group) {
      containers.enter(container, bodyBytes);
      answer({ kind: 'stored', container, offset: container.bytes });
      container.bytes += bytes;
    }
    if (active && container.bytes >= segmentBytes) active.due = true;
  };

  const seal = async ({ container, file, age }: Active): Promise<void> => {
    active = null;
    age.abort();
    await file.close().catch((error) => log.warn({ error: messageOf(error) }, 'segment did not close'));
    void containers.seal(container);
  };

  /** The group's octets may be in the file: nobody was told so, and no start may find them, if it can be helped. */
  const discard = async (failed: Active): Promise<void> => {
    const { container, file } = failed;
    try {
      await file.truncate(container.bytes);
      await file.sync();
    } catch (error) {
      log.error({ path: container.path, error: messageOf(error) }, 'segment could not be cut back');
    }
    await seal(failed);
  };

  return {
    append(pieces, bodyBytes) {
      if (ended) return Promise.resolve({ kind: 'failed' });
      let bytes = 0;
      for (const piece of pieces) bytes += piece.length;
      return new Promise((answer) => {
        waiting.push({ pieces, bytes, bodyBytes, answer });
        kick();
      });
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      if (active) active.due = true;
      kick();
      while (running) await running;
    },
  };
}
