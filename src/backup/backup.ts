/**
 * `geganti backup`: everything of a server that cannot be made again, in one folder, while the server works. The folder
 * becomes a backup by its manifest, which is written last.
 *
 * The order makes the parts fit together:
 *
 *   mail (quarantine, spool, quarantine)   as copy-spool.ts says
 *   mailboxes       after the spool: what it has forgotten is in a mailbox
 *   directory       after the spool: whoever has mail waiting is in it
 *   trace database  before the lines: it says how far they are rows, and must not be ahead of them
 *   lines           after the spool: a final event is written before the spool forgets the recipient
 *
 * Not in it: what the neighbours keep for themselves (Redis, rspamd, clamd), logs of programs, sockets.
 */
import { chmodSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';
import { formatSize } from '../lib/units.ts';
import { type Copier, createCopier, createTurns } from './copy.ts';
import { copyMail } from './copy-spool.ts';
import { copyDatabase } from './databases.ts';
import { copyMailboxes } from './mailboxes.ts';
import { type DatabaseForm, type Manifest, totalBytes, writeManifest } from './manifest.ts';
import { run } from './programs.ts';

export interface BackupDeps {
  readonly settings: Pick<Settings, 'data' | 'hostname' | 'certificate' | 'database'>;
  /** The file that the settings were read from; null: there is none. */
  readonly settingsFile: string | null;
  /** Absolute path of the backup's folder: a new one, or an empty one. */
  readonly to: string;
  /** What is in the mailboxes, too. */
  readonly mailboxes: boolean;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A line for people: what is being copied. */
  readonly progress: (line: string) => void;
}

export interface BackupResult {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Users whose mailboxes are in it; null: none was asked for. */
  readonly mailboxes: number | null;
}

/** Long work says at least this often how far it is. */
const PROGRESS_MS = 5000;

/** Throws a Problem when it did not succeed: the folder is no backup then. */
export async function backup(deps: BackupDeps): Promise<BackupResult> {
  try {
    return await writeBackup(deps);
  } catch (error) {
    if (error instanceof Problem || errorCode(error) === null) throw error;
    throw new Problem(`backup: ${messageOf(error)}; ${deps.to} is no backup, remove it`);
  }
}

async function writeBackup(deps: BackupDeps): Promise<BackupResult> {
  const { settings, to, clock, signal, progress } = deps;
  const { hostname } = settings;
  const startedAt = clock.now();
  makeTarget(settings.data, to);
  const data = realpathSync(settings.data);
  let toldAt = clock.elapsedMs();
  const told = (what: string): void => {
    toldAt = clock.elapsedMs();
    progress(`${what}: ${copier.files.size} files, ${formatSize(totalBytes(copier.files))}`);
  };
  const copied = (): void => {
    if (clock.elapsedMs() - toldAt > PROGRESS_MS) told('so far');
  };
  const copier = createCopier({ to: realpathSync(to), turn: createTurns(signal), copied });

  await copyMail(data, copier);
  told('spool and quarantine');
  const mailboxes = deps.mailboxes ? await copyMailboxes(data, copier, deps) : null;
  if (mailboxes !== null) told(`${mailboxes} mailboxes`);
  const databases = await copyDatabases(deps, copier);
  told('databases');
  await copyLines(data, copier);
  await copyCertificate(data, copier);
  await copySettings(deps, copier);
  told('delivery log, certificate, settings');
  if (mailboxes === null) {
    progress(
      'NOT in it: the mailboxes. Take them along with --mailboxes, or by tools of your mailbox server.',
    );
  }

  const manifest: Manifest = {
    version: deps.version,
    hostname,
    startedAt,
    finishedAt: clock.now(),
    ...databases,
    mailboxes,
  };
  await settle(deps);
  await writeManifest(to, manifest, copier.files);
  await settle(deps);
  return { folder: to, files: copier.files.size, bytes: totalBytes(copier.files), mailboxes };
}

function makeTarget(data: string, to: string): void {
  const inside = relative(data, to);
  if (inside === '' || !inside.startsWith('..')) {
    throw new Problem(`${to}: lies in the data folder, and would be lost with it; name a folder elsewhere`);
  }
  try {
    mkdirSync(dirname(to), { recursive: true });
    mkdirSync(to, { mode: 0o711 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (readdirSync(to).length > 0) throw new Problem(`${to}: is not empty; name a new folder`);
    // Whoever owns it could have us write elsewhere.
    if (statSync(to).uid !== process.getuid?.()) {
      throw new Problem(`${to}: belongs to another user; name a new folder`);
    }
    // Dovecot's copies are made by the owner of the mailboxes; all that is in here has rights of its own.
    chmodSync(to, 0o711);
  }
}

async function copyDatabases(
  { settings, env, signal }: BackupDeps,
  copier: Copier,
): Promise<{ directory: DatabaseForm; trace: DatabaseForm }> {
  const { directory, trace } = settings.database;
  const shared =
    directory.kind === 'postgresql' && trace.kind === 'postgresql' && directory.url === trace.url;
  if (!(await copyDatabase('directory', directory, copier, { env, signal }))) {
    throw new Problem(`${settings.data}: holds no accounts; set the data folder of a server`);
  }
  if (!shared) await copyDatabase('trace', trace, copier, { env, signal });
  return { directory: directory.kind, trace: shared ? 'shared' : trace.kind };
}

async function copyLines(data: string, copier: Copier): Promise<void> {
  await copier.tree(join(data, 'log', 'delivery'), 'log/delivery');
}

async function copyCertificate(data: string, copier: Copier): Promise<void> {
  await copier.tree(join(data, 'certificate'), 'certificate');
}

/** A certificate that was given lies outside of the data folder, and so do the settings: for people, not for the way back. */
async function copySettings({ settings, settingsFile }: BackupDeps, copier: Copier): Promise<void> {
  const { certificate } = settings;
  const given: [string, string | undefined][] = [
    ['settings/certificate/cert.pem', certificate?.cert],
    ['settings/certificate/key.pem', certificate?.key],
    ['settings/geganti.yaml', settingsFile ?? undefined],
  ];
  // These an administrator may have linked.
  for (const [name, path] of given) if (path !== undefined) await copier.file(realpathSync(path), name);
}

/** Once for all, instead of a sync for each of a hundred thousand files. */
async function settle({ to, env, signal }: BackupDeps): Promise<void> {
  await run('sync', ['--file-system', to], { env, signal, from: 'coreutils' });
}
