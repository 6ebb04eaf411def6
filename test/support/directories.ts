/** One list of tests of the directory, run on each kind of database. */
import { afterAll, describe } from 'vitest';
import type { GradeTables } from '../../src/config/settings.ts';
import { openDirectoryDatabase } from '../../src/db/open.ts';
import { createDirectory } from '../../src/directory/database-directory.ts';
import type { Change, Directory, NewAgency, NewUser } from '../../src/directory/directory.ts';
import type { DirectoryDatabase } from '../../src/directory/schema.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { type DomainName, parseDomain } from '../../src/mail/address.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { defaultSettings } from './settings.ts';
import { tempFolder } from './temp-folder.ts';

export const MB = 1024 ** 2;
export const GB = 1024 ** 3;
export const NOW = 1_700_000_000_000;

export const MOH: NewAgency = {
  code: 'moh',
  name: 'Kementerian Kesihatan',
  domains: ['moh.example'],
  gradeScheme: 'classic',
};
const JPA: NewAgency = {
  code: 'jpa',
  name: 'JPA',
  domains: ['jpa.example', 'adm.jpa.example'],
  gradeScheme: 'sspa',
};

/** A database of a test's own that can be opened more than once. */
export interface Place extends AsyncDisposable {
  open(): Promise<DirectoryDatabase>;
}

export interface DirectoryOptions {
  readonly grades?: GradeTables;
  readonly log?: Log;
  /** What the clock shows; a test moves it on. */
  readonly time?: { now: number };
}

/** `tests` is called for each kind of database, with what makes a new place. */
export function describeDirectory(tests: (newPlace: () => Promise<Place>) => void): void {
  describe('directory on SQLite', () => tests(sqlitePlace));
  describe('directory on PostgreSQL', () => {
    let server: Postgres | null = null;
    afterAll(() => server?.[Symbol.asyncDispose]());
    tests(async () => {
      server ??= await startPostgres();
      const url = await server.url('directory');
      return {
        open: () => openDirectoryDatabase({ kind: 'postgresql', url }),
        [Symbol.asyncDispose]: async () => {},
      };
    });
  });
}

async function sqlitePlace(): Promise<Place> {
  const folder = await tempFolder();
  return {
    open: () => openDirectoryDatabase({ kind: 'sqlite', file: `${folder.path}/db/directory.sqlite` }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export async function startDirectory(place: Place, options: DirectoryOptions = {}): Promise<Directory> {
  const { grades = defaultSettings().directory.grades, log = silentLog, time = { now: NOW } } = options;
  const clock = { now: () => time.now, elapsedMs: () => time.now - NOW };
  return createDirectory({ database: await place.open(), grades, clock, log });
}

export async function withTwoAgencies(place: Place): Promise<Directory> {
  const directory = await startDirectory(place);
  done(await directory.addAgency(MOH));
  done(await directory.addAgency(JPA));
  return directory;
}

export function done<T>(change: Change<T>): T {
  if (change.kind === 'refused') throw new Error(change.problem);
  return change.value;
}

export function problem(text: string): { kind: string; problem: string } {
  return { kind: 'refused', problem: text };
}

export function person(text: string, grade: string): NewUser {
  return { address: text, name: 'Ali bin Ahmad', grade, quotaBytes: null };
}

export function domain(text: string): DomainName {
  const parsed = parseDomain(text);
  if (!parsed) throw new Error(`not a domain: ${text}`);
  return parsed;
}
