/**
 * The journal that one writer keeps of one container: `<container>.<writer>.log`. Entries gather in memory while a
 * write is under way and leave in one write, without a sync: power loss may take the last ones, which only repeats
 * work. What must not be lost asks for a sync. The file is made by the first entry.
 *
 * A write that fails keeps its entries for the next one, at the same place, so that no torn line stays inside.
 */
import { type Files, type OpenFile, shared, writeAll } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { SpoolCrash } from './crash-points.ts';
import { encodeEntry, type JournalEntry } from './journal-entry.ts';

export interface Journal {
  /** Resolves when the entry is with the kernel (or could not be written, which is logged). Never rejects. */
  append(entry: JournalEntry): Promise<void>;
  /** Everything appended so far, on the disk (the name of a new file is the folder's). Rejects when that fails. */
  sync(): Promise<void>;
  /** Entries are rare from now on: the file is not kept open between them. */
  rest(): Promise<void>;
  /** Nothing is written any more: what still waits is void and resolves with `until`. */
  abandon(until: Promise<void>): Promise<void>;
  /** Removes the file, if there ever was one. */
  unlink(): Promise<void>;
}

export interface JournalDeps {
  readonly path: string;
  /** Octets that are there already and whole. */
  readonly wholeBytes: number;
  /** Whether to keep the file open from the first entry until `rest`. */
  readonly keepOpen: boolean;
  readonly files: Files;
  readonly log: Log;
  readonly crash: SpoolCrash;
}

export function createJournal(deps: JournalDeps): Journal {
  const { path, files, log, crash } = deps;
  let { keepOpen } = deps;
  let exists = deps.wholeBytes > 0;
  /** This process wrote octets that no sync has confirmed. */
  let unsynced = false;
  let length = deps.wholeBytes;
  let file: OpenFile | null = null;
  let lines: string[] = [];
  let waiting: (() => void)[] = [];
  let scheduled = false;
  let ended = false;
  let tail: Promise<unknown> = Promise.resolve();

  /** One operation on the file at a time. */
  const serial = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => {});
    return result;
  };

  const flush = async (): Promise<void> => {
    // At the end of the tick, so that the outcomes of one delivery share a write.
    await new Promise((resolve) => setImmediate(resolve));
    scheduled = false;
    if (ended) return;
    const answers = waiting;
    waiting = [];
    await writeLines().catch((error) =>
      log.error(
        { path, error: messageOf(error) },
        'journal cannot be written; a crash now would repeat work',
      ),
    );
    for (const answer of answers) answer();
    if (!keepOpen) await close();
  };

  const writeLines = async (): Promise<void> => {
    if (lines.length === 0) return;
    const count = lines.length;
    const bytes = Buffer.from(lines.join(''));
    crash('journal-buffered');
    file ??= await files.openForWriting(path);
    exists = true;
    unsynced = true;
    await writeAll(file, [bytes], length);
    length += bytes.length;
    lines = lines.slice(count);
    crash('journal-written');
  };

  const sync = shared(() =>
    serial(async () => {
      if (ended) return;
      try {
        await writeLines();
        if (!unsynced) return;
        file ??= await files.openForWriting(path);
        await file.sync();
        unsynced = false;
        crash('journal-synced');
      } finally {
        if (!keepOpen) await close();
      }
    }),
  );

  const close = async (): Promise<void> => {
    const open = file;
    file = null;
    await open
      ?.close()
      .catch((error) => log.warn({ path, error: messageOf(error) }, 'journal did not close'));
  };

  return {
    append(entry) {
      if (ended) return Promise.resolve();
      lines.push(encodeEntry(entry));
      if (!scheduled) {
        scheduled = true;
        void serial(flush);
      }
      return new Promise((resolve) => {
        waiting.push(resolve);
      });
    },
    sync,
    rest() {
      keepOpen = false;
      return serial(close);
    },
    async abandon(until) {
      ended = true;
      await serial(close);
      const release = (): void => {
        for (const answer of waiting) answer();
      };
      void until.then(release, release);
    },
    async unlink() {
      if (exists) await files.unlink(path);
    },
  };
}
