/**
 * Owns the delivery log's thread: starts it, asks it, and starts another one when it dies. What was asked of the one that
 * died is asked of the next, once more; the rows are whole, since they change in transactions.
 */
import { Worker } from 'node:worker_threads';
import type { Log } from '../lib/log.ts';
import { Away, Problem } from '../lib/problem.ts';
import type {
  Call,
  CallName,
  Request,
  ThreadCalls,
  ThreadOptions,
  ThreadStart,
  ToOwner,
} from './thread-calls.ts';

interface Pending {
  readonly request: Request;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Threads that died meanwhile. */
  deaths: number;
}

const RESTART_MS = 1_000;
const CLOSE_MS = 10_000;

/** Throws a Problem when the database cannot be opened. */
export async function startLogThread(options: ThreadOptions, log: Log): Promise<LogThread> {
  const thread = new LogThread(options, log);
  try {
    await thread.opened;
    return thread;
  } catch (error) {
    await thread[Symbol.asyncDispose]();
    throw error;
  }
}

export class LogThread implements AsyncDisposable {
  readonly #options: ThreadOptions;
  readonly #log: Log;
  readonly #pending = new Map<number, Pending>();
  readonly #opened = Promise.withResolvers<void>();
  #numbers = 0;
  #closing = false;
  #served = false;
  #restart: NodeJS.Timeout | undefined;
  /** Null: it died, and the next one is not there yet. */
  #worker: Worker | null = null;

  constructor(options: ThreadOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    this.#start();
  }

  /** Resolves when the thread serves for the first time; rejects with a Problem when it cannot. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  call<Name extends CallName>(
    name: Name,
    ...args: Parameters<ThreadCalls[Name]>
  ): ReturnType<ThreadCalls[Name]> {
    const answer = this.#ask({ name, args } as Call);
    // The answer to a call is of its kind: the two sides are of one version, and what they say is copied as it is.
    return answer as ReturnType<ThreadCalls[Name]>;
  }

  /** As a fault of the thread would end it: for tests. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker) {
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      const late = setTimeout(() => void worker.terminate(), CLOSE_MS);
      this.#ask({ name: 'close', args: [] }).catch(() => {});
      await gone;
      clearTimeout(late);
    }
    this.#ended();
  }

  #ask(call: Call): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const request = { ...call, number: ++this.#numbers };
    if (this.#closing && call.name !== 'close') reject(new Away('the delivery log is closed'));
    else this.#pending.set(request.number, { request, resolve, reject, deaths: 0 });
    this.#worker?.postMessage(request);
    return promise;
  }

  #start(): void {
    const workerData: ThreadStart = { ...this.#options, patient: this.#served };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
    worker.on('message', (message: ToOwner) => this.#hear(message));
    worker.on('error', (error) => this.#log.error({ err: error }, 'delivery log: its thread failed'));
    worker.on('exit', () => this.#ended());
    for (const { request } of this.#pending.values()) worker.postMessage(request);
    this.#worker = worker;
  }

  #hear(message: ToOwner): void {
    switch (message.kind) {
      case 'open':
        if (message.problem !== null) this.#opened.reject(new Problem(message.problem));
        else this.#opened.resolve();
        this.#served ||= message.problem === null;
        break;
      case 'log':
        this.#log[message.level](message.facts, message.text);
        break;
      case 'answer':
        this.#take(message.number)?.resolve(message.value);
        break;
      case 'failed': {
        const { problem, message: text } = message;
        this.#take(message.number)?.reject(problem ? new Problem(text) : new Away(text));
      }
    }
  }

  #take(number: number): Pending | undefined {
    const found = this.#pending.get(number);
    this.#pending.delete(number);
    return found;
  }

  #ended(): void {
    this.#worker = null;
    this.#opened.reject(new Problem('the thread of the delivery log does not start'));
    for (const [number, one] of this.#pending) {
      if (this.#closing || one.deaths++ > 0) {
        this.#pending.delete(number);
        one.reject(new Away('the thread of the delivery log ended'));
      }
    }
    if (this.#closing) return;
    this.#log.error({}, 'delivery log: its thread ended, another one is started');
    this.#restart = setTimeout(() => this.#start(), RESTART_MS);
  }
}
