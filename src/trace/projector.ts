/**
 * Keeps the rows up with the lines, in the thread of the delivery log: looks for new lines several times a second, makes
 * rows of them, and deletes what is too old. Rows are written by one at a time; those who search come in between.
 *
 * A database that is away, or full, is tried again until it takes the lines: nothing is skipped.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { dayIn, linesFolder, listFiles } from './files.ts';
import type { LogStatus } from './log.ts';
import { parseEvent } from './parse.ts';
import { type Line, project } from './project.ts';
import { type Place, pruneEntries, pruneEvents } from './prune.ts';
import type { TraceDatabase } from './schema.ts';
import { createTail, type Piece, type Tail } from './tail.ts';

export interface ProjectorDeps {
  /** The database once it is open; rejects while it cannot be opened. */
  readonly database: () => Promise<TraceDatabase>;
  /** Holds `delivery/`. */
  readonly folder: string;
  readonly timezone: string;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

const LOOK_MS = 150;
const RETRY_MS = 1_000;
/** Longer than that nobody who asks is made to wait for the rows. */
const PATIENCE_MS = 5_000;

export class Projector implements AsyncDisposable {
  readonly #deps: ProjectorDeps;
  readonly #path: string;
  readonly #inTurn = createTurns();
  /** Who waits for the next look. */
  #waiting: (() => void)[] = [];
  #wake = new AbortController();
  #stopped = false;
  /** Null: the database was not there yet. */
  #tail: Tail | null = null;
  #problem: string | null = null;
  #badLines = 0;
  readonly #running: Promise<void>;

  constructor(deps: ProjectorDeps) {
    this.#deps = deps;
    this.#path = linesFolder(deps.folder);
    this.#running = this.#run();
  }

  /** Resolves when all that is in the files by now is rows, or it will not be soon. */
  async caughtUp(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#wake.abort();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await promise;
    clearTimeout(timer);
  }

  async status(): Promise<LogStatus> {
    const tail = this.#tail ?? createTail({ path: this.#path, positions: new Map() });
    return { behindBytes: await tail.behind(), problem: this.#problem, badLines: this.#badLines };
  }

  /** Rows and files from before this moment go, except what is needed. */
  async prune(before: number): Promise<void> {
    const database = await this.#deps.database();
    // Only files that were read may go: right after a start none was.
    await this.caughtUp();
    let last: Place | null = null;
    do {
      const from: Place | null = last;
      last = await this.#inTurn(() => pruneEntries(database, before, from));
    } while (last !== null && !this.#stopped);
    let more = true;
    while (more && !this.#stopped) more = await this.#inTurn(() => pruneEvents(database, before));
    await this.#pruneFiles(database, before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#wake.abort();
    await this.#running;
    for (const done of this.#waiting) done();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const asked = this.#waiting;
      this.#waiting = [];
      await this.#look();
      for (const done of asked) done();
      const pause = this.#problem === null ? LOOK_MS : RETRY_MS;
      if (this.#waiting.length === 0) await systemClock.sleep(pause, this.#wake.signal);
      this.#wake = new AbortController();
    }
  }

  async #look(): Promise<void> {
    const { log } = this.#deps;
    try {
      const database = await this.#deps.database();
      this.#tail ??= await this.#openTail(database);
      for await (const piece of this.#tail.unread()) {
        await this.#take(database, piece);
        if (this.#stopped) return;
      }
      if (this.#problem !== null) log.info({}, 'delivery log: rows are made again');
      this.#problem = null;
    } catch (error) {
      if (this.#problem === null)
        log.error({ error: messageOf(error) }, 'delivery log: no rows can be made now, trying again');
      this.#problem = messageOf(error);
    }
  }

  async #openTail(database: TraceDatabase): Promise<Tail> {
    const files = await database.selectFrom('files').selectAll().execute();
    return createTail({
      path: this.#path,
      positions: new Map(files.map(({ name, position }) => [name, position])),
      gone: (file) =>
        this.#deps.log.error({ file }, 'delivery log: a file is gone before all of it was read'),
    });
  }

  async #take(database: TraceDatabase, piece: Piece): Promise<void> {
    const { file, end, lines } = piece;
    const events = readLines(lines);
    await this.#inTurn(() => project(database, { file, end, events }));
    const bad = lines.length - events.length;
    if (bad === 0) return;
    this.#badLines += bad;
    this.#deps.log.warn({ file, lines: bad }, 'delivery log: lines that are no events are left out');
  }

  async #pruneFiles(database: TraceDatabase, before: number): Promise<void> {
    const firstKept = dayIn(this.#deps.timezone)(before);
    for (const { name, day } of await listFiles(this.#path)) {
      if (day >= firstKept || this.#stopped || !(await this.#tail?.isRead(name))) continue;
      await this.#inTurn(async () => {
        // The file first: a row without a file does no harm, a file without a row would be read again.
        await rm(join(this.#path, name), { force: true });
        this.#tail?.forget(name);
        await database.deleteFrom('files').where('name', '=', name).execute();
      });
    }
  }
}

function readLines(lines: readonly string[]): Line[] {
  return lines.flatMap((line) => {
    const event = parseEvent(line);
    return event ? { event, line } : [];
  });
}

/** One after the other; messages to the thread are read before each. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(() => setImmediate()).then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
