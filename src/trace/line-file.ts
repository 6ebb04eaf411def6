/**
 * A file that grows by whole lines, and another one from time to time (each day). Appending never waits and never
 * throws: lines are collected for a moment and written together, so ten thousand lines a second cost some hundred writes.
 *
 * - A write that fails is kept and tried again, from its first line and on a file opened anew: a line may then be in
 *   the file twice, or once torn and once whole. Readers must stand both.
 * - What waits is bounded; lines beyond the bound are dropped and counted in `lost`.
 * - A last line without an end (a crash in mid-write) is ended when the file is opened, so that it spoils itself only.
 */

import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';

/** Long enough to write many lines at once under load, too short for people to notice. */
export const COLLECT_MS = 10;
const NEWLINE = 0x0a;

export interface LineFileOptions {
  /** Asked before each write: another answer, and the lines go there from now on. */
  readonly path: () => string;
  readonly log: Log;
  /** Characters that may wait to be written. */
  readonly maxWaiting: number;
  readonly retryMs: number;
  /** How long one may wait for a disk that does not answer. */
  readonly patienceMs: number;
}

/** Throws a Problem when the file cannot be opened: better at the start than never noticed. */
export async function openLineFile(options: LineFileOptions): Promise<LineFile> {
  const path = options.path();
  try {
    return new LineFile(options, path, await openToAppend(path));
  } catch (error) {
    throw new Problem(`${path} cannot be written: ${messageOf(error)}`);
  }
}

class LineFile implements AsyncDisposable {
  readonly #options: LineFileOptions;
  #path: string;
  /** Null: to be opened anew. */
  #file: FileHandle | null;
  /** Waiting lines, oldest first, and the characters in them and in the batch being written. */
  #lines: string[] = [];
  #waiting = 0;
  #lost = 0;
  #failing = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;

  constructor(options: LineFileOptions, path: string, file: FileHandle) {
    this.#options = options;
    this.#path = path;
    this.#file = file;
  }

  /** Lines that were dropped since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** One line without its end. */
  append(line: string): void {
    if (this.#closed || this.#waiting + line.length >= this.#options.maxWaiting) {
      this.#lost++;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length + 1;
    if (!this.#failing && this.#writing === null) this.#schedule(COLLECT_MS);
  }

  /** Resolves when all that was appended is in the file, or could not be written now: mail does not wait for this file. */
  async flush(): Promise<void> {
    // The timer tries again; one try more for each who asks would only cost time.
    if (this.#failing && !this.#closed) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#beginFailing('the disk does not answer');
      late.resolve();
    }, this.#options.patienceMs);
    await Promise.race([this.#writeOut(), late.promise]);
    clearTimeout(timer);
  }

  async #writeOut(): Promise<void> {
    // A write that had begun before does not hold the last lines.
    await this.#writing;
    if (this.#lines.length > 0) this.#writing ??= this.#writeBatch();
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
    this.#lost += this.#lines.length;
    if (this.#lines.length > 0)
      this.#options.log.error(
        { path: this.#path, lost: this.#lost },
        'delivery log: closed with unwritten lines',
      );
    // A file on which a write still hangs does not close either.
    if (this.#writing === null) await this.#file?.close();
  }

  #schedule(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#lines.length > 0) this.#writing ??= this.#writeBatch();
    }, ms);
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#lines;
    this.#lines = [];
    const text = `${batch.join('\n')}\n`;
    try {
      const path = this.#options.path();
      if (path !== this.#path) await this.#leave(path);
      this.#file ??= await openToAppend(path);
      await writeFully(this.#file, Buffer.from(text));
      this.#waiting -= text.length;
      this.#written();
    } catch (error) {
      this.#lines = batch.concat(this.#lines);
      await this.#failed(error);
    }
    this.#writing = null;
  }

  async #leave(path: string): Promise<void> {
    const old = this.#file;
    this.#file = null;
    this.#path = path;
    await old?.close();
  }

  #written(): void {
    const { log } = this.#options;
    if (this.#failing) log.info({ path: this.#path, lost: this.#lost }, 'delivery log: writing again');
    this.#failing = false;
    if (this.#lines.length > 0) this.#schedule(COLLECT_MS);
  }

  async #failed(error: unknown): Promise<void> {
    this.#beginFailing(messageOf(error));
    const broken = this.#file;
    this.#file = null;
    await broken?.close().catch(() => {});
    if (!this.#closed) this.#schedule(this.#options.retryMs);
  }

  #beginFailing(error: string): void {
    const { log } = this.#options;
    if (!this.#failing)
      log.error({ path: this.#path, error }, 'delivery log: cannot be written, trying again');
    this.#failing = true;
  }
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
