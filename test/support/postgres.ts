/**
 * A PostgreSQL of a test file's own: in a temporary folder, on a free port of the loopback interface, with a random
 * password and without syncs. It refuses to run as root, so root starts it as another system user. Every database
 * belongs to the ordinary user "geganti", as on a machine that is run with care.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeLiteral } from 'pg';
import { readUsers } from '../../src/stack/users.ts';
import { freePort } from './free-port.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

export interface Postgres extends AsyncDisposable {
  /** URL, with the password, of an empty database: a new one, or the one of that name emptied, which is quicker. */
  url(name: string): Promise<string>;
  readonly password: string;
  /** At once, as if it had crashed; `start` brings it back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Debian keeps them off the PATH. */
const BINARIES = '/usr/lib/postgresql';
const START_ATTEMPTS = 3;

/** `password`: of every user; a random one by default. */
export async function startPostgres(options: { password?: string } = {}): Promise<Postgres> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await tempFolder());
  const { password = randomBytes(12).toString('hex') } = options;
  const server = await prepare(folder.path, password);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await server.start(await freePort());
      break;
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
  resources.defer(() => server.stop());
  const admin = (sql: string): Promise<void> => ask(server.urlOf('postgres', 'postgres'), sql);
  await admin(`create role geganti login password ${escapeLiteral(password)}`);
  const names = new Set<string>();
  const owned = resources.move();
  return {
    password,
    async url(name) {
      if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`no name for a database: ${name}`);
      const url = server.urlOf('geganti', name);
      if (names.has(name)) await ask(url, 'drop owned by geganti');
      else await admin(`create database "${name}" owner geganti`);
      names.add(name);
      return url;
    },
    start: () => server.start(server.port()),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Server {
  port(): number;
  urlOf(user: string, database: string): string;
  start(port: number): Promise<void>;
  stop(): Promise<void>;
}

async function prepare(folder: string, password: string): Promise<Server> {
  const users = readUsers();
  const { uid, gid } = users.serviceUser('postgres', 'geganti');
  const as = users.root ? { uid, gid, cwd: folder } : { cwd: folder };
  const home = join(folder, 'postgres');
  await mkdir(home, { mode: 0o700 });
  const passwordFile = join(home, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (users.root) for (const path of [home, passwordFile]) await chown(path, uid, gid);
  const data = join(home, 'data');
  const programs = binaries();
  const making = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  await run(join(programs, 'initdb'), [...making, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], as);

  let port = 0;
  const urlOf = (user: string, database: string): string =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  let child: ChildProcess | null = null;
  const log = join(home, 'log');
  const stop = async (): Promise<void> => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGQUIT');
    await ended;
  };
  return {
    port: () => port,
    urlOf,
    stop,
    async start(at) {
      port = at;
      const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...QUICK };
      const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const line = ['-c', 'exec "$@" >> "$0" 2>&1', log, join(programs, 'postgres'), '-D', data, ...args];
      const started = spawn('/bin/sh', line, { ...as, stdio: 'ignore' });
      child = started;
      // A test run that is cut short must not leave programs behind.
      const kill = (): void => void started.kill('SIGQUIT');
      process.once('exit', kill);
      started.once('exit', () => process.off('exit', kill));
      const state = await waitFor('PostgreSQL', async () => {
        if (started.exitCode !== null) return 'ended';
        await ask(urlOf('postgres', 'postgres'), 'select 1');
        return 'ready';
      });
      if (state === 'ended') throw new Error(`PostgreSQL did not start: ${await readFile(log, 'utf8')}`);
    },
  };
}

/** A crash of the machine may take it all; one of the server takes nothing. */
const QUICK = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  max_connections: 60,
  jit: 'off',
};

async function ask(url: string, sql: string): Promise<void> {
  const client = new Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Of the newest version that is installed. */
function binaries(): string {
  const versions = readdirSync(BINARIES).map(Number).filter(Number.isInteger);
  return join(BINARIES, String(Math.max(...versions)), 'bin');
}

async function run(command: string, args: readonly string[], options: SpawnOptions): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = child.stderr?.toArray();
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${command} failed (${code}): ${(await said)?.join('')}`);
}
