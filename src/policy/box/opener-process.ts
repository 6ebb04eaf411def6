/**
 * Owns one process of the box: starts it, feeds it a message at a time, and ends it when it goes beyond its bounds. What
 * was found until then is kept.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../lib/clock.ts';
import type { Found } from '../../mail/finding.ts';
import type { ContentPolicy, Judged } from '../../rules/content-policy.ts';
import { createFounds } from '../../rules/inspect-founds.ts';
import { slicesOf } from './inflate.ts';
import { WINDOW_BYTES } from './limits.ts';
import type { FromBox, ToBox } from './messages.ts';

export interface Task {
  readonly policy: ContentPolicy;
  readonly judged: Judged;
  readonly content: Readable;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface Opening {
  readonly name: string;
  readonly part: string;
}

/** late, memory, crashed: the process is gone. fault: it is well, but made a mistake. */
export type TaskEnd =
  | { readonly kind: 'done'; readonly found: readonly Found[] }
  | {
      readonly kind: 'late' | 'memory' | 'crashed' | 'fault';
      readonly found: readonly Found[];
      /** What it was about; null: the message. */
      readonly opening: Opening | null;
      /** For operators. */
      readonly why: string;
    };

export interface OpenerProcess {
  /** Resolves with null when it serves, else with how it ended before that. */
  readonly ready: Promise<string | null>;
  readonly alive: boolean;
  /** One at a time. Rejects when `signal` is aborted or the content cannot be read; the process is then ended. */
  run(task: Task): Promise<TaskEnd>;
  /** Resolves when it is gone. */
  end(): Promise<void>;
}

export interface ProcessOptions {
  readonly memoryBytes: number;
  readonly clock: Clock;
  /** For tests: another program. */
  readonly program?: URL;
}

const PROGRAM = new URL('./program.ts', import.meta.url);
/** Of the machine the process sees its own program: no settings, no mail, and no other process, whose environment has secrets. */
const READABLE = [new URL('../../', import.meta.url), packages()].map((folder) => fileURLToPath(folder));
/** What the process needs for itself before it opens anything: Node, the rules, PDF.js. */
const OWN_BYTES = 150_000_000;
const WATCH_MS = 50;
/** Of Linux on all machines that Node has a program for; elsewhere the limit of the heap is what there is. */
const PAGE_BYTES = 4_096;
/** The last words of a process, for the log. */
const WORDS = 500;

/** Where npm has put what the program imports. */
function packages(): URL {
  const one = import.meta.resolve('unpdf');
  return new URL(one.slice(0, one.lastIndexOf('/node_modules/') + '/node_modules/'.length));
}

export function startOpenerProcess({ memoryBytes, clock, program = PROGRAM }: ProcessOptions): OpenerProcess {
  const child = fork(program, {
    execArgv: [
      `--max-old-space-size=${Math.ceil(memoryBytes / 1_048_576)}`,
      '--permission',
      ...READABLE.map((path) => `--allow-fs-read=${path}`),
      `--allow-fs-read=${fileURLToPath(program)}`,
      '--no-warnings',
    ],
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('latin1')).slice(-WORDS);
  });
  const gone = Promise.withResolvers<string>();
  child.once('error', (error) => gone.resolve(`cannot be started: ${error.message}`));
  child.once('exit', (code, signal) => gone.resolve(signal ?? `code ${code}`));
  let alive = true;
  void gone.promise.then(() => {
    alive = false;
  });
  // It may take a moment to be gone, and serves nobody from here on.
  const kill = (): void => {
    alive = false;
    child.kill('SIGKILL');
  };
  const ready = new Promise<string | null>((resolve) => {
    child.once('message', () => resolve(null));
    void gone.promise.then((how) => resolve(`${how} ${words}`.trim()));
  });
  return {
    ready,
    get alive() {
      return alive;
    },
    run: (task) => runTask({ child, kill, gone: gone.promise, words: () => words, memoryBytes, clock }, task),
    async end() {
      kill();
      await gone.promise;
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly kill: () => void;
  /** Resolves with how it ended. */
  readonly gone: Promise<string>;
  readonly words: () => string;
  readonly memoryBytes: number;
  readonly clock: Clock;
}

async function runTask(running: Running, task: Task): Promise<TaskEnd> {
  const { child, gone, clock } = running;
  // A document may repeat a link a million times.
  const founds = createFounds();
  let opening: Opening | null = null;
  const over = new AbortController();
  const done = Promise.withResolvers<string | null>();
  const sender = createSender(child);
  const hear = (message: FromBox): void => {
    if (message.kind === 'found') founds.add(message.found);
    else if (message.kind === 'opening') opening = message;
    else if (message.kind === 'done') done.resolve(message.fault);
    else if (message.kind === 'taken') sender.taken(message.bytes);
  };
  const failed = (kind: 'late' | 'memory' | 'crashed' | 'fault', why: string): TaskEnd => {
    return { kind, found: founds.list, opening, why };
  };
  child.on('message', hear);
  try {
    const end = await Promise.race([
      done.promise.then((fault) =>
        fault === null ? { kind: 'done' as const, found: founds.list } : failed('fault', fault),
      ),
      gone.then((how) =>
        failed(isOutOfMemory(how) ? 'memory' : 'crashed', `${how} ${running.words()}`.trim()),
      ),
      clock.sleep(task.timeoutMs, over.signal).then(() => failed('late', `${task.timeoutMs} ms passed`)),
      watchMemory(running, over.signal).then((bytes) => failed('memory', `${bytes} bytes`)),
      rejectWhenAborted(task.signal, over.signal),
      sender.send(task),
    ]);
    if (end.kind === 'late' || end.kind === 'memory') running.kill();
    return end;
  } catch (error) {
    running.kill();
    throw error;
  } finally {
    over.abort();
    child.off('message', hear);
    task.content.destroy();
  }
}

/** Hands the message over, no faster than it is read. `send` rejects when the content cannot be read, and else never ends. */
function createSender(child: ChildProcess) {
  let inFlight = 0;
  let room = Promise.withResolvers<void>();
  const tell = (message: ToBox): void => void child.send(message, () => {});
  return {
    taken(bytes: number): void {
      inFlight -= bytes;
      room.resolve();
      room = Promise.withResolvers();
    },
    async send({ policy, judged, content }: Task): Promise<never> {
      tell({ kind: 'begin', policy, judged });
      for await (const piece of content) {
        for (const octets of slicesOf(piece)) {
          while (inFlight >= WINDOW_BYTES) await room.promise;
          inFlight += octets.length;
          tell({ kind: 'chunk', octets });
        }
      }
      tell({ kind: 'end' });
      return await new Promise(() => {});
    },
  };
}

/** V8 ends its process so when the heap is full. */
function isOutOfMemory(how: string): boolean {
  return how === 'SIGABRT' || how === 'SIGTRAP' || how === 'code 134';
}

function rejectWhenAborted(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true, signal: until });
  });
}

/** Resolves when the process holds more than it may: the limit of its heap does not cover its buffers. */
async function watchMemory({ child, memoryBytes, clock }: Running, until: AbortSignal): Promise<number> {
  for (;;) {
    await clock.sleep(WATCH_MS, until);
    if (until.aborted) return await new Promise(() => {});
    const pages = await readFile(`/proc/${child.pid}/statm`, 'latin1').catch(() => '');
    const bytes = Number(pages.split(' ')[1] ?? 0) * PAGE_BYTES;
    if (bytes > memoryBytes + OWN_BYTES) return bytes;
  }
}
