/**
 * `geganti restore`: puts a backup in the place of a server's data. All checks come first: the backup is whole, nothing
 * runs on the data folder, and nothing is there that would be mixed with it. Then all is copied beside its place and
 * moved there at the end, so that a restore which is cut short has changed nothing and is simply done again.
 *
 * Mail in the spool goes on when the server starts: what was delivered after the backup was taken is delivered again.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabasePlace, Settings } from '../config/settings.ts';
import { canConnect } from '../lib/can-connect.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { findServerUser, isRoot } from '../lib/privileges.ts';
import { checkDataFolder, prepareData, takeTree } from '../lib/privileges-data.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';
import { formatSize } from '../lib/units.ts';
import { createCopier, createTurns, entriesOf, hashFile } from './copy.ts';
import { checkEmpty, copyName, type DatabaseName, restorePostgresql } from './databases.ts';
import { mailUser } from './mailboxes.ts';
import { type DatabaseForm, type Manifest, readManifest } from './manifest.ts';
import { run } from './programs.ts';

export interface RestoreDeps {
  /** Of the machine that the backup is restored to. */
  readonly settings: Pick<Settings, 'data' | 'user' | 'database' | 'services'>;
  /** Absolute path of the backup's folder. */
  readonly from: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export interface RestoreResult {
  /** Of the server that made the backup. */
  readonly version: string;
  /** When the backup was begun: mail that was accepted before then is in it. */
  readonly startedAt: number;
  readonly files: number;
  readonly mailboxes: number | null;
}

/** What goes back below `data`. Databases in PostgreSQL go there instead. */
const PLACES = [
  'spool',
  'quarantine',
  'directory',
  'trace',
  'log/delivery',
  'certificate',
  'mailboxes',
] as const;
const DRAFT = 'restoring';

/** Throws a Problem when it did not succeed; the data folder is as before then, but for a last rename that failed. */
export async function restore(deps: RestoreDeps): Promise<RestoreResult> {
  try {
    return await restoreAll(deps);
  } catch (error) {
    if (error instanceof Problem || errorCode(error) === null) throw error;
    throw new Problem(`restore: ${messageOf(error)}`);
  }
}

async function restoreAll(given: RestoreDeps): Promise<RestoreResult> {
  const { settings, env, signal, progress } = given;
  const { data } = settings;
  const { manifest, files } = await readManifest(given.from);
  const from = realpathSync(given.from);
  const deps = { ...given, from };
  await verify(deps, files);
  progress(`the backup is whole: ${files.size} files, taken ${new Date(manifest.startedAt).toISOString()}`);
  const databases = databasesOf(settings.database, manifest);
  const dumps = new Set(databases.map(({ name }) => copyName(name, 'postgresql')));
  const goesBelow = (place: string) => (path: string) => path.startsWith(`${place}/`) && !dumps.has(path);
  const places = PLACES.filter((place) => [...files.keys()].some(goesBelow(place)));
  await checkTarget(deps, places);
  for (const { name, url } of databases) await checkEmpty(name, url, { env, signal });

  const draft = join(data, DRAFT);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  await copyBack(deps, files, (path) => places.some((place) => goesBelow(place)(path)));
  if (isRoot()) setOwners(draft, settings.user);
  await run('sync', ['--file-system', data], { env, signal, from: 'coreutils' });

  for (const { name, url } of databases) {
    await restorePostgresql(join(from, copyName(name, 'postgresql')), url, { env, signal });
    progress(`database of the ${name}: restored`);
  }
  moveIntoPlace(data, places);
  prepareData({ data, user: settings.user });
  await run('sync', ['--file-system', data], { env, signal, from: 'coreutils' });
  const { version, startedAt, mailboxes } = manifest;
  if (mailboxes === null)
    progress('The mailboxes are not in this backup: put them back before the server starts.');
  return { version, startedAt, files: files.size, mailboxes };
}

async function verify(
  { from, signal, progress }: RestoreDeps,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const turn = createTurns(signal);
  let bytes = 0;
  for (const [path, sha256] of files) {
    const found = await hashFile(join(from, path), turn);
    if (found?.sha256 !== sha256) {
      const what = found === null ? 'is missing' : 'is not as it was written';
      throw new Problem(`${join(from, path)}: ${what}; use another backup`);
    }
    bytes += found.bytes;
  }
  progress(`checksums are right: ${formatSize(bytes)}`);
}

/** Those that go to PostgreSQL. A Problem when the settings want another kind of database than the backup has. */
function databasesOf(
  places: RestoreDeps['settings']['database'],
  manifest: Pick<Manifest, DatabaseName>,
): { readonly name: DatabaseName; readonly url: string }[] {
  const wanted = (name: DatabaseName, form: DatabaseForm, place: DatabasePlace) => {
    const kind = form === 'shared' ? 'postgresql' : form;
    if (place.kind !== kind) {
      const cure = kind === 'postgresql' ? 'the URL of an empty PostgreSQL database' : 'nothing';
      throw new Problem(
        `database.${name}: the backup is of ${kind}, the settings say ${place.kind}; set ${cure}`,
      );
    }
    return form === 'postgresql' && place.kind === 'postgresql' ? [{ name, url: place.url }] : [];
  };
  return [
    ...wanted('directory', manifest.directory, places.directory),
    ...wanted('trace', manifest.trace, places.trace),
  ];
}

async function checkTarget({ settings }: RestoreDeps, places: readonly string[]): Promise<void> {
  const { data, services } = settings;
  checkDataFolder(data);
  for (const key of ['link', 'api', 'lmtp', 'redis'] as const) {
    const endpoint = services[key];
    if (endpoint.kind === 'unix' && endpoint.path.startsWith(`${data}/`) && (await canConnect(endpoint))) {
      throw new Problem(
        `data: a server runs on ${data} (${formatEndpoint(endpoint)} answers); stop it first`,
      );
    }
  }
  for (const place of places) {
    const path = join(data, place);
    if (existsSync(path) && readdirSync(path).length > 0) {
      throw new Problem(`${path}: is not empty; move it away, or set another data folder`);
    }
  }
}

async function copyBack(
  { settings, from, signal, progress }: RestoreDeps,
  files: ReadonlyMap<string, string>,
  belongs: (path: string) => boolean,
): Promise<void> {
  const copier = createCopier({
    to: join(settings.data, DRAFT),
    turn: createTurns(signal),
    copied: () => {},
  });
  for (const [path, sha256] of files) {
    if (!belongs(path)) continue;
    await copier.file(join(from, path), path);
    if (copier.files.get(path)?.sha256 !== sha256) {
      throw new Problem(`${join(from, path)}: changed meanwhile; nothing was restored`);
    }
  }
  // A Maildir has folders that are empty most of the time, and which no list of files knows.
  if (existsSync(join(from, 'mailboxes')))
    makeFolders(join(from, 'mailboxes'), join(settings.data, DRAFT, 'mailboxes'));
  progress(`copied: ${copier.files.size} files`);
}

function makeFolders(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of entriesOf(from)) {
    if (entry.isDirectory()) makeFolders(join(from, entry.name), join(to, entry.name));
  }
}

/** As each is made by the one who writes there; the server's other folders are taken over at the end. */
function setOwners(draft: string, user: string): void {
  const owners = { certificate: findServerUser(user), mailboxes: mailUser() };
  for (const [place, owner] of Object.entries(owners)) {
    if (owner && existsSync(join(draft, place))) takeTree(join(draft, place), owner);
  }
}

function moveIntoPlace(data: string, places: readonly string[]): void {
  for (const place of places) {
    const target = join(data, place);
    mkdirSync(dirname(target), { recursive: true, mode: 0o750 });
    // Empty, or not there: that was checked.
    renameSync(join(data, DRAFT, place), target);
  }
  rmSync(join(data, DRAFT), { recursive: true, force: true });
}
