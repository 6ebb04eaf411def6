/**
 * The real Redis, clamd, rspamd and Dovecot for a scenario test: in a folder of the test's own, on free ports, with
 * the test virus only, and a name server that answers "no such name" to everything. rspamd's compiled expressions are
 * kept in one folder for all tests of this machine: a start takes a second instead of ten.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { type ChildSpec, type Stack, type StackInput, startStack } from '../../src/stack/stack.ts';
import { defaultSettings } from './settings.ts';

export interface TestStack extends AsyncDisposable {
  readonly stack: Stack;
  readonly settings: StackInput;
}

export interface TestStackOptions {
  /** "host:port" of the test's own name server; [] for the machine's. */
  readonly nameServers?: readonly string[];
  readonly settings?: Partial<StackInput>;
  readonly extra?: readonly ChildSpec[];
  readonly log?: Log;
}

/** Resolves when every part answers. `folder` is the data folder: a short path, since sockets lie below it. */
export async function startTestStack(folder: string, options: TestStackOptions = {}): Promise<TestStack> {
  await using resources = new AsyncDisposableStack();
  let { nameServers } = options;
  if (!nameServers) {
    const dns = resources.use(await emptyNameServer());
    nameServers = [dns.address];
  }
  const settings = { ...(await stackSettings(folder, nameServers)), ...options.settings };
  const { log = silentLog, extra = [] } = options;
  const stack = resources.use(await startStack({ settings, log, clock: systemClock, extra }));
  const kill = (): void => killGroups(stack.parts.map((part) => part.pid));
  // A test run that is cut short must not leave programs behind.
  process.once('exit', kill);
  resources.defer(() => void process.off('exit', kill));
  await stack.waitReady();
  const owned = resources.move();
  return { stack, settings, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Settings for the stack in this folder, of the shape that `startStack` takes. */
export async function stackSettings(data: string, nameServers: readonly string[]): Promise<StackInput> {
  const socket = (name: string) => ({ kind: 'unix', path: join(data, 'run', name, `${name}.sock`) }) as const;
  const defaults = defaultSettings();
  return {
    data,
    user: defaults.user,
    hostname: 'mail.test.example',
    certificate: null,
    database: {
      directory: { kind: 'sqlite', file: join(data, 'directory', 'directory.db') },
      trace: { kind: 'sqlite', file: join(data, 'trace', 'trace.db') },
    },
    limits: defaults.limits,
    scan: defaults.scan,
    services: {
      redis: socket('redis'),
      clamd: socket('clamd'),
      rspamd: socket('rspamd'),
      lmtp: { kind: 'unix', path: join(data, 'run', 'dovecot', 'lmtp.sock') },
      api: { kind: 'unix', path: join(data, 'run', 'api.sock') },
      link: { kind: 'unix', path: join(data, 'run', 'receive.sock') },
    },
    stack: {
      processes: 2,
      imap: { addresses: ['127.0.0.1'], port: 0, tlsPort: 0 },
      scanFolder: null,
      signatures: await testSignatures(data),
      hyperscanCache: hyperscanFolder(),
      localNetworks: ['192.0.2.0/24'],
      nameServers,
    },
  };
}

/** A copy: clamd's user may not enter the folder of this project. */
async function testSignatures(data: string): Promise<string> {
  const folder = join(data, 'signatures');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const source = join(import.meta.dirname, '..', '..', 'config', 'stack', 'eicar.ndb');
  await copyFile(source, join(folder, 'eicar.ndb'));
  return folder;
}

/** Of this user and version of rspamd: another version's files would only lie there. */
export function hyperscanFolder(): string {
  const told = execFileSync('/usr/bin/rspamd', ['--version'], { encoding: 'utf8' });
  const version = /[\d.]+/.exec(told)?.[0] ?? 'unknown';
  return join(tmpdir(), `geganti-hyperscan-${process.getuid?.() ?? 0}-${version}`);
}

/** Says NXDOMAIN to every question, so that checks end at once and never leave the machine. */
async function emptyNameServer(): Promise<{ address: string } & AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const answer = Buffer.from(question);
    // RFC 1035 §4.1.1: a response, recursion available, name error; the question is repeated as it came.
    answer.writeUInt16BE(0x8183, 2);
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Kills parts with their workers; for what is left when a test goes wrong. */
export function killGroups(pids: readonly (number | null)[]): void {
  for (const pid of pids) {
    if (pid === null) continue;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {}
  }
}
