/** One list of tests of the delivery log's rows, run on each kind of database. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import type { DatabasePlace } from '../../src/config/settings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type DeliveryLogDeps, openDeliveryLog } from '../../src/trace/delivery-log.ts';
import type { RecordedEvent } from '../../src/trace/events.ts';
import type { DeliveryLog } from '../../src/trace/log.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';

export const DAY = 86_400_000;

/** A database of a test's own that can be opened more than once. */
export interface Place extends AsyncDisposable {
  readonly database: DatabasePlace;
}

/** `tests` is called for each kind of database, with what makes a new place. */
export function describeDeliveryLog(tests: (newPlace: () => Promise<Place>) => void): void {
  describe('delivery log on SQLite', () => tests(sqlitePlace));
  describe('delivery log on PostgreSQL', () => {
    let server: Postgres | null = null;
    afterAll(() => server?.[Symbol.asyncDispose]());
    tests(async () => {
      server ??= await startPostgres();
      const url = await server.url('trace');
      return { database: { kind: 'postgresql', url }, [Symbol.asyncDispose]: async () => {} };
    });
  });
}

export async function sqlitePlace(): Promise<Place> {
  const folder = await tempFolder();
  return {
    database: { kind: 'sqlite', file: join(folder.path, 'trace.db') },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export interface LogSet extends AsyncDisposable {
  readonly log: DeliveryLog;
  /** The folder of the files. */
  readonly path: string;
  readonly base: Pick<DeliveryLogDeps, 'folder' | 'timezone' | 'clock' | 'log'>;
  readonly database: DatabasePlace;
  /** Another one over the same lines and rows. */
  open(more?: Partial<DeliveryLogDeps>): Promise<DeliveryLog>;
  /** As a writer appends them. */
  write(events: readonly RecordedEvent[], file?: string): Promise<void>;
}

/** Lines in a folder, and the log over them. */
export async function startDeliveryLog(place: Place, more: Partial<DeliveryLogDeps> = {}): Promise<LogSet> {
  const folder = await tempFolder();
  const path = join(folder.path, 'delivery');
  await mkdir(path);
  const { database } = place;
  const base = { folder: folder.path, timezone: 'Asia/Kuala_Lumpur', clock: systemClock, log: silentLog };
  const open = (changes: Partial<DeliveryLogDeps> = {}): Promise<DeliveryLog> =>
    openDeliveryLog({ ...base, database, keepMs: () => 400 * DAY, ...more, ...changes });
  const log = await open();
  return {
    log,
    path,
    base,
    database,
    open,
    write(events, file = '2026-11-24.main.jsonl') {
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
      return writeFile(join(path, file), lines, { flag: 'a' });
    },
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
