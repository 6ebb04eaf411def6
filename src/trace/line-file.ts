/**
 * A file that grows by whole lines. Appending never waits and never throws: lines are collected for a moment and
 * written together, so ten thousand lines a second cost some hundred writes.
 *
 * - A write that fails is kept and tried again, from its first line and on a file opened anew: a line may then be in
 *   the file twice, or once torn and once whole. Readers must stand both.
 * - What waits is bounded; lines beyond the bound are dropped and counted in `lost`.
 * - A last line without an end (a crash in mid-write) is ended when the file is opened, so that it spoils itself only.
 */

import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';

/** Long enough to write many lines at once under load, too short for people to notice. */
const COLLECT_MS = 10;
const NEWLINE = 0x0a;

export interface LineFile extends AsyncDisposable {
  /** One line without its end. */
  append(line: string): void;
  /** Resolves when all that was appended is in the file, or could not be written now. */
  flush(): Promise<void>;
  /** Lines that were dropped since the start. */
  readonly lost: number;
}

export interface LineFileOptions {
  readonly path: string;
  readonly log: Log;
  /** Characters that may wait to be written. */
  readonly maxWaiting: number;
  readonly retryMs: number;
}

/** Throws a Problem when the file cannot be opened: better at the start than never noticed. */
export async function openLineFile({ path, log, maxWaiting, retryMs }: LineFileOptions): Promise<LineFile> {
  let file: FileHandle | null = await openToAppend(path).catch((error: unknown) => {
    throw new Problem(`${path} cannot be written: ${messageOf(error)}`);
  });
  /** Waiting lines, oldest first, and the characters in them. */
  let lines: string[] = [];
  let waiting = 0;
  let lost = 0;
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | null = null;

  const schedule = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (lines.length > 0) writing ??= writeBatch();
    }, ms);
  };

  async function flush(): Promise<void> {
    // A write that had begun before does not hold the last lines.
    await writing;
    if (lines.length > 0) writing ??= writeBatch();
    await writing;
  }

  async function writeBatch(): Promise<void> {
    const batch = lines;
    lines = [];
    const text = `${batch.join('\n')}\n`;
    try {
      file ??= await openToAppend(path);
      await writeFully(file, Buffer.from(text));
      waiting -= text.length;
      recovered();
      if (lines.length > 0) schedule(COLLECT_MS);
    } catch (error) {
      lines = batch.concat(lines);
      await failed(error);
    }
    writing = null;
  }

  function recovered(): void {
    if (failing) log.info({ path, lost }, 'delivery log: writing again');
    failing = false;
  }

  async function failed(error: unknown): Promise<void> {
    if (!failing) log.error({ path, err: error }, 'delivery log: cannot be written, trying again');
    failing = true;
    const broken = file;
    file = null;
    await broken?.close().catch(() => {});
    if (!closed) schedule(retryMs);
  }

  return {
    append(line) {
      if (closed || waiting + line.length >= maxWaiting) {
        lost++;
        return;
      }
      lines.push(line);
      waiting += line.length + 1;
      if (!failing && writing === null) schedule(COLLECT_MS);
    },
    flush,
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await flush();
      clearTimeout(timer);
      lost += lines.length;
      if (lines.length > 0)
        log.error({ path, lost }, 'delivery log: closed with lines that could not be written');
      await file?.close();
    },
  };
}

async function openToAppend(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const file = await open(path, 'a+', 0o640);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    if (size > 0 && last[0] !== NEWLINE) await writeFully(file, Buffer.from('\n'));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A write may take fewer octets than it was given, without an error. */
async function writeFully(file: FileHandle, octets: Buffer): Promise<void> {
  let rest = octets;
  while (rest.length > 0) {
    const { bytesWritten } = await file.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}
