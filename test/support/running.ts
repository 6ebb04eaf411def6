/**
 * A whole for scenario tests: the real Redis, clamd, rspamd and Dovecot, and the server in processes of its own, so that
 * they can be killed. Two agencies are there (moh.example with the old grades, mot.example with the new); users are added
 * by the test. Doors are on free ports; waits between attempts are short.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../../src/cli/api-client.ts';
import { loadSettings } from '../../src/config/load.ts';
import type {
  KeptMessage,
  MessagePath,
  RecordedEvent,
  Status,
  WaitingList,
} from '../../src/http/resources.ts';
import { type MessageId, parseMessageId } from '../../src/mail/message-id.ts';
import { ask } from '../../src/stack/probe.ts';
import { serverSpecs } from '../../src/stack/server.ts';
import type { Part, Stack } from '../../src/stack/stack.ts';
import { connectDialogue, type Dialogue } from './dialogue.ts';
import { plainToken } from './doors.ts';
import { type MailboxAccess, openMailbox } from './mailbox.ts';
import { startTestStack } from './stack.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

export type DoorName = 'mx' | 'submission' | 'submissions';

export interface RunningUser {
  readonly address: string;
  readonly password: string;
}

export interface Letter {
  readonly door: DoorName;
  readonly from: RunningUser | string;
  readonly to: readonly (RunningUser | string)[];
  /** Header and body with CR LF, without the final dot; see `letterText`. */
  readonly content: string;
}

export interface Answer {
  readonly reply: string;
  /** In a `250`; null: it was refused. */
  readonly id: MessageId | null;
  /** From the final dot to the answer. */
  readonly tookMs: number;
}

export interface Running extends AsyncDisposable {
  readonly data: string;
  readonly stack: Stack;
  addUser(user: { address: string; grade?: string; quotaBytes?: number }): Promise<RunningUser>;
  /** Where the door is now: other after each start of the server, unless the settings name a port. */
  port(door: DoorName): Promise<number>;
  /** A session up to the point where MAIL may be said. */
  connect(door: DoorName, login?: RunningUser): Promise<Dialogue>;
  send(letter: Letter): Promise<Answer>;
  mailbox(user: RunningUser): Promise<MailboxAccess>;
  path(id: string): Promise<MessagePath>;
  /** The path once each recipient has its final event. */
  ended(id: string, recipients: number, timeoutMs?: number): Promise<readonly RecordedEvent[]>;
  status(): Promise<Status>;
  queue(): Promise<WaitingList>;
  quarantine(): Promise<readonly KeptMessage[]>;
  part(name: string): Part;
  /** kill -9 of one part; the supervisor starts it again. */
  kill(name: string): void;
  /** The names of the server's own parts, the one with the doors first. */
  readonly server: readonly string[];
  readonly api: ApiClient;
  /** kill -9 of these processes of the server (all by default), which stay down. */
  killServer(names?: readonly string[]): Promise<void>;
  /** As an operator does: SIGTERM, the process with the doors last. */
  stopServer(): Promise<void>;
  /** Resolves when these processes answer. */
  startServer(options?: NextRuns): Promise<void>;
  /** Redis forgets all. */
  emptyRedis(): Promise<void>;
}

/** What becomes of the processes from this start on. */
export interface NextRuns {
  /** All by default. */
  readonly names?: readonly string[];
  /** The points where these runs die by themselves, one after the other; the run after them does not. */
  readonly crashAt?: string | readonly string[];
  /** What happens between a run that died and the next. */
  readonly between?: () => Promise<void> | void;
}

const FINAL: ReadonlySet<string> = new Set(['delivered', 'bounced', 'quarantined', 'discarded']);
const PROJECT = join(import.meta.dirname, '..', '..');
const MAIN = join(PROJECT, 'src', 'main.ts');
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning'];
const DEFAULTS = {
  GEGANTI_HOSTNAME: 'mail.test.example',
  GEGANTI_DOORS_MX_PORT: '0',
  GEGANTI_DOORS_SUBMISSION_PORT: '0',
  GEGANTI_DOORS_SUBMISSIONS_PORT: '0',
  GEGANTI_DOORS_MX_ADDRESSES: '127.0.0.1',
  GEGANTI_DOORS_SUBMISSION_ADDRESSES: '127.0.0.1',
  GEGANTI_DOORS_SUBMISSIONS_ADDRESSES: '127.0.0.1',
  GEGANTI_SCAN_RETRY: '200 ms',
  GEGANTI_SCAN_MAX_RETRY: '500 ms',
  GEGANTI_DELIVER_RETRY: '300 ms, 500 ms',
};

/** `env`: settings of the server, or what makes them once the folder is known (a proxy that listens in it). */
export async function startRunning(
  env: Record<string, string> | ((data: string) => Promise<Record<string, string>>) = {},
): Promise<Running> {
  await using resources = new AsyncDisposableStack();
  const { path: data } = resources.use(await tempFolder());
  const settings = typeof env === 'function' ? await env(data) : env;
  const serverEnv: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    GEGANTI_DATA: data,
    ...DEFAULTS,
    ...settings,
  };
  const loaded = readSettings(serverEnv);
  const program = { command: process.execPath, args: [...NODE_OPTIONS, MAIN, 'serve'], cwd: PROJECT };
  const plan: { crashAt: readonly string[]; between: NextRuns['between'] } = {
    crashAt: [],
    between: undefined,
  };
  const runs = new Map<string, number>();
  const specs = serverSpecs({ settings: loaded, server: program, env: serverEnv }).map((spec) => ({
    ...spec,
    async prepare() {
      const run = runs.get(spec.name) ?? 0;
      runs.set(spec.name, run + 1);
      if (run > 0) await plan.between?.();
      Object.assign(spec.env ?? {}, { GEGANTI_CRASH_AT: plan.crashAt[run] ?? '' });
    },
  }));
  const { database } = loaded;
  const { stack } = resources.use(await startTestStack(data, { extra: specs, settings: { database } }));
  const server = specs.map(({ name }) => name);
  const [door = ''] = server;
  const api = createApiClient(() => loaded.services.api, new AbortController().signal);
  for (const [code, gradeScheme] of [
    ['moh', 'classic'],
    ['mot', 'sspa'],
  ]) {
    await api.post('/agencies', { code, name: code, domains: [`${code}.example`], gradeScheme });
  }
  const owned = resources.move();

  const part = (name: string): Part => {
    const found = stack.parts.find((each) => each.name === name);
    if (!found) throw new Error(`no part ${name}`);
    return found;
  };
  const status = (): Promise<Status> => api.get('/status');
  const ports = { pid: 0, of: new Map<string, number>() };
  const readPorts = async (): Promise<void> => {
    const { pid } = part(door);
    // After a start the API may not have found its receiver yet.
    const doors = await waitFor('the doors', async () => {
      const found = (await status()).parts.filter(({ name }) => name.startsWith('door '));
      return found.length > 0 || part(door).pid === null ? found : undefined;
    });
    ports.of = new Map(doors.map(({ name, detail }) => [name.slice(5), Number(detail?.split(':').at(-1))]));
    ports.pid = pid ?? 0;
  };

  const running: Running = {
    data,
    stack,
    async addUser({ address, grade = 'N29', quotaBytes }) {
      const body = { address, name: address, grade, ...(quotaBytes ? { quotaBytes } : {}) };
      const { password } = await api.post<{ password: string }>('/users', body);
      return { address, password };
    },
    async port(name) {
      const set = Number(serverEnv[`GEGANTI_DOORS_${name.toUpperCase()}_PORT`]);
      if (set !== 0) return set;
      if (ports.pid !== part(door).pid) await readPorts();
      return ports.of.get(name) ?? 0;
    },
    async connect(door, login) {
      const dialogue = await connectDialogue(
        { address: '127.0.0.1', port: await running.port(door) },
        { tls: door === 'submissions' },
      );
      await dialogue.expect(/^220 /);
      await dialogue.ask('EHLO client.test', /^250/);
      if (door === 'submission') {
        await dialogue.startTls();
        await dialogue.ask('EHLO client.test', /^250/);
      }
      if (login) await dialogue.ask(`AUTH PLAIN ${plainToken(login.address, login.password)}`, /^235/);
      return dialogue;
    },
    async send(letter) {
      const login = typeof letter.from === 'string' ? undefined : letter.from;
      const dialogue = await running.connect(letter.door, login);
      try {
        return await sendOver(dialogue, letter);
      } finally {
        dialogue.destroy();
      }
    },
    mailbox: (user) => openMailbox({ port: stack.ports.imaps, user: user.address, password: user.password }),
    path: (id) => api.get(`/log/messages/${id}`),
    async ended(id, recipients, timeoutMs) {
      const look = async () => {
        const { events } = await running.path(id);
        return finals(events).length >= recipients ? events : undefined;
      };
      return await waitFor(`the end of ${id}`, look, timeoutMs);
    },
    status,
    queue: () => api.get('/queue?limit=1000'),
    async quarantine() {
      return (await api.get<{ items: readonly KeptMessage[] }>('/quarantine')).items;
    },
    part,
    server,
    api,
    kill(name) {
      const { pid } = part(name);
      if (pid === null) throw new Error(`${name} does not run`);
      process.kill(pid, 'SIGKILL');
    },
    async killServer(names = server) {
      for (const name of names) if (part(name).pid !== null) running.kill(name);
      await Promise.all(names.map((name) => stack.stop(name)));
    },
    async stopServer() {
      for (const name of server.toReversed()) await stack.stop(name);
    },
    async startServer({ names = server, crashAt = [], between } = {}) {
      Object.assign(plan, { crashAt: [crashAt].flat(), between });
      for (const name of names) runs.delete(name);
      await Promise.all(names.map((name) => stack.start(name)));
    },
    async emptyRedis() {
      const path = join(data, 'run', 'redis', 'redis.sock');
      const answer = await ask({ kind: 'unix', path }, 'FLUSHALL\r\n', AbortSignal.timeout(5_000));
      if (answer !== '+OK\r\n') throw new Error(`Redis says ${answer}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return running;
}

function readSettings(env: Record<string, string | undefined>) {
  const file = join(PROJECT, 'config', 'geganti.yaml');
  return loadSettings({ file, env, isRoot: false, projectFolder: PROJECT, hostname: hostname() });
}

/** One message over a session that is open; resolves with the answer to its content. */
export async function sendOver(dialogue: Dialogue, { from, to, content }: Letter): Promise<Answer> {
  await dialogue.ask(`MAIL FROM:<${addressOf(from)}>`, /^250 /);
  for (const recipient of to) await dialogue.ask(`RCPT TO:<${addressOf(recipient)}>`, /^250 /);
  await dialogue.ask('DATA', /^354 /);
  const begun = performance.now();
  // RFC 5321 §4.5.2.
  await dialogue.send(`${content.replace(/^\./gm, '..')}.\r\n`);
  const reply = await dialogue.expect(/^\d{3}/);
  const words = reply.startsWith('250') ? reply.split(/\s+/) : [];
  const id = words.map(parseMessageId).find((found) => found !== null) ?? null;
  return { reply, id, tookMs: Math.round(performance.now() - begun) };
}

/** A complete message; `lines` is its body. */
export function letterText(from: RunningUser | string, subject: string, ...lines: string[]): string {
  const head = [
    `From: ${addressOf(from)}`,
    'To: undisclosed-recipients:;',
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@${addressOf(from).split('@')[1]}>`,
  ];
  return [...head, '', ...(lines.length > 0 ? lines : ['Mesyuarat esok jam 9 pagi.']), ''].join('\r\n');
}

export function finals(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.filter(({ kind }) => FINAL.has(kind));
}

/** Every line that the delivery log ever got, of all writers, repeats of a fact included. */
export function logLines(data: string): RecordedEvent[] {
  const folder = join(data, 'log', 'delivery');
  const text = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const lines = text.flatMap((each) => each.split('\n'));
  const whole = lines.filter((line) => line.startsWith('{') && line.endsWith('}'));
  return whole.map((line) => JSON.parse(line) as RecordedEvent);
}

function addressOf(who: RunningUser | string): string {
  return typeof who === 'string' ? who : who.address;
}
