/**
 * The processes of the box: as many as may open files at the same time, each with a message or waiting for one. One that
 * ends is followed by another; a message waits in line until one is free.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Away } from '../../lib/problem.ts';
import { type OpenerProcess, startOpenerProcess } from './opener-process.ts';

export interface PoolOptions {
  readonly processes: number;
  /** Read when a process starts. */
  memoryBytes(): number;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests: another program. */
  readonly program?: URL;
}

export interface Pool extends AsyncDisposable {
  /** Rejects when `signal` is aborted. What is taken is given back, dead or alive. */
  take(signal: AbortSignal): Promise<OpenerProcess>;
  give(process: OpenerProcess): void;
}

const RESTART_MS = 1_000;
/** What a library leaks over many documents goes with the process. */
const MESSAGES_EACH = 1_000;

export function createPool(options: PoolOptions): Pool {
  const { clock, log } = options;
  const line = createLine();
  const idle: OpenerProcess[] = [];
  const all = new Set<OpenerProcess>();
  const served = new Map<OpenerProcess, number>();
  const closing = new AbortController();

  const offer = (process: OpenerProcess): void => {
    if (!line.offer(process)) idle.push(process);
  };
  const start = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const process = startOpenerProcess({ ...options, memoryBytes: options.memoryBytes() });
      all.add(process);
      const why = await process.ready;
      if (why === null) return offer(process);
      all.delete(process);
      if (closing.signal.aborted) return;
      log.error({ why }, 'box: a process ended before it could serve, another one is started');
      await clock.sleep(RESTART_MS, closing.signal);
    }
  };
  const replace = (process: OpenerProcess): void => {
    all.delete(process);
    served.delete(process);
    void process.end();
    void start();
  };

  for (let i = 0; i < options.processes; i++) void start();

  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (closing.signal.aborted) return Promise.reject(new Away('the box is closed'));
      for (let process = idle.pop(); process; process = idle.pop()) {
        // One that ended while it waited was ended by somebody else.
        if (process.alive) return Promise.resolve(process);
        replace(process);
      }
      return line.wait(signal);
    },

    give(process) {
      if (closing.signal.aborted) return;
      const count = (served.get(process) ?? 0) + 1;
      served.set(process, count);
      if (process.alive && count < MESSAGES_EACH) offer(process);
      else replace(process);
    },

    async [Symbol.asyncDispose]() {
      closing.abort();
      line.close(new Away('the box is closed'));
      await Promise.all([...all].map((process) => process.end()));
    },
  };
}

/** Messages that wait for a process, in their order. */
function createLine() {
  const waiting = new Set<PromiseWithResolvers<OpenerProcess>>();
  return {
    /** False: nobody waits. */
    offer(process: OpenerProcess): boolean {
      const [next] = waiting;
      if (!next) return false;
      waiting.delete(next);
      next.resolve(process);
      return true;
    },
    async wait(signal: AbortSignal): Promise<OpenerProcess> {
      const one = Promise.withResolvers<OpenerProcess>();
      const abort = (): void => {
        waiting.delete(one);
        one.reject(signal.reason);
      };
      waiting.add(one);
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await one.promise;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    close(why: Error): void {
      for (const one of waiting) one.reject(why);
      waiting.clear();
    },
  };
}
