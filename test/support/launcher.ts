/**
 * `bin/geganti` as people start it: a child process with a folder of its own and free ports. `await using` stops what
 * still runs.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hyperscanFolder } from './stack.ts';
import { waitFor } from './wait-for.ts';

const PROJECT = join(import.meta.dirname, '..', '..');

export interface Ended {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly tookMs: number;
}

export interface Launched extends AsyncDisposable {
  readonly pid: number;
  readonly out: string;
  readonly ended: Promise<Ended>;
  send(signal: NodeJS.Signals): void;
  /** Resolves when the line with "ready" is there; throws with all it said when it ends first. */
  ready(): Promise<void>;
}

export interface Launch {
  readonly args: readonly string[];
  /** Over the defaults; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Another copy of the project than this one. */
  readonly project?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

const DEFAULTS = {
  PATH: process.env.PATH,
  NO_COLOR: '1',
  GEGANTI_HOSTNAME: 'mail.test.example',
  GEGANTI_DATA: '/nonexistent/geganti',
  GEGANTI_DOORS_MX_PORT: '0',
  GEGANTI_DOORS_SUBMISSION_PORT: '0',
  GEGANTI_DOORS_SUBMISSIONS_PORT: '0',
  GEGANTI_DOORS_MX_ADDRESSES: '127.0.0.1',
  GEGANTI_DOORS_SUBMISSION_ADDRESSES: '127.0.0.1',
  GEGANTI_DOORS_SUBMISSIONS_ADDRESSES: '127.0.0.1',
  GEGANTI_STACK_IMAP_ADDRESSES: '127.0.0.1',
  GEGANTI_STACK_IMAP_PORT: '0',
  GEGANTI_STACK_IMAP_TLS_PORT: '0',
  GEGANTI_STACK_HYPERSCAN_CACHE: hyperscanFolder(),
};

/** A copy of the project that any user can enter, as one below a private home cannot be. */
export async function copyProject(folder: string): Promise<string> {
  const project = join(folder, 'c');
  await mkdir(project);
  for (const name of ['bin', 'config', 'src', 'package.json']) {
    await cp(join(PROJECT, name), join(project, name), { recursive: true });
  }
  // Links where the folders share a disk: the packages are some hundred megabytes.
  const modules = [join(PROJECT, 'node_modules'), join(project, 'node_modules')];
  const linked = spawnSync('cp', ['-a', '--link', ...modules]).status === 0;
  if (!linked)
    await cp(join(PROJECT, 'node_modules'), join(project, 'node_modules'), { recursive: true, force: true });
  return project;
}

export function launch({ args, env = {}, project = PROJECT, user }: Launch): Launched {
  const begun = performance.now();
  const child: ChildProcess = spawn(join(project, 'bin', 'geganti'), args, {
    cwd: project,
    env: { ...DEFAULTS, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  let out = '';
  let err = '';
  let over = false;
  // A test run that is cut short must not leave it behind.
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      over = true;
      process.off('exit', end);
      resolve({ code, out, err, tookMs: performance.now() - begun });
    });
  });
  return {
    pid: child.pid ?? 0,
    get out() {
      return out;
    },
    ended,
    send: (signal) => void child.kill(signal),
    async ready() {
      await waitFor('ready', () => (over || /^ready/m.test(out) ? true : undefined), 50_000);
      if (over) throw new Error(`ended before it was ready:\n${out}${err}`);
    },
    async [Symbol.asyncDispose]() {
      if (!over) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** To its end. */
export async function geganti(args: readonly string[], env: Launch['env'] = {}): Promise<Ended> {
  await using launched = launch({ args, env });
  return await launched.ended;
}

/** Where a door of the running server is. */
export async function doorOf(
  data: string,
  name: 'mx' | 'submission',
  launched: Pick<Launch, 'project'> = {},
): Promise<{ address: string; port: number }> {
  await using asked = launch({ args: ['status', '--json'], env: { GEGANTI_DATA: data }, ...launched });
  const { out, err } = await asked.ended;
  const found = new RegExp(`"door ${name}",\\s*"up": true,\\s*"detail": "([\\d.]+):(\\d+)`).exec(out);
  if (!found?.[1]) throw new Error(`no door ${name}: ${out}${err}`);
  return { address: found[1], port: Number(found[2]) };
}
