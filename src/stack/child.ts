/**
 * Supervises one program: starts it, waits until it answers, starts it again with growing pauses when it ends by
 * itself, and stops it in order. Each run is a process group of its own, so that a Ctrl-C in the terminal reaches only
 * the supervisor, and workers that outlive their main process are ended before the next run. Only a bug throws.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { aborted } from '../lib/aborted.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { type OpenLog, openChildLog } from './child-log.ts';
import { endProcesses, groupMembers, identityOf, send } from './process.ts';
import type { PartState, PartStatus } from './state.ts';

export interface ChildSpec {
  readonly name: string;
  /** Absolute path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  /** null: a minimal one, so that no secret of ours reaches a neighbour. */
  readonly env: Readonly<Record<string, string | undefined>> | null;
  readonly cwd: string;
  /** null: as the supervisor. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** How long it may take from TERM to its end before it is killed. */
  readonly stopMs: number;
  /** How long it may take until it answers for the first time. */
  readonly readyMs: number;
  readonly note: string | null;
  /** It takes HUP as "read your files anew"; to another program that signal would be the end. */
  readonly reloads?: boolean;
  /**
   * How the program says that it cannot serve with what it was given: this exit code, and lines that begin so. Before it
   * answered for the first time that is final, and told in its own words: a second try would end alike.
   */
  readonly refuses?: { readonly code: number; readonly prefix: string };
  /** Before each start: removes what an earlier run left. */
  readonly prepare?: () => Promise<void>;
  /** After the last end: leaves nothing behind. */
  readonly cleanup?: () => Promise<void>;
  /** One attempt to talk to it; false: not yet. */
  isReady(signal: AbortSignal): Promise<boolean>;
}

export interface Child {
  readonly name: string;
  state(): PartState;
  start(): void;
  stop(): Promise<void>;
  /** Has it read its files anew, as soon as it answers; nothing for one that cannot, or that is stopped. */
  reload(): void;
  /** Resolves once it answers; a Problem when it never does (again and again, or in time). */
  whenReady(signal?: AbortSignal): Promise<void>;
}

export interface ChildDeps {
  readonly logFile: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Called after each change of `state()`. */
  onChange(): void;
}

const backOff = { firstMs: 200, lastMs: 30_000, resetMs: 60_000 };
const hopelessFailures = 3;
const probeMs = 50;

export function createChild(spec: ChildSpec, deps: ChildDeps): Child {
  const { clock } = deps;
  const log = deps.log.child({ part: spec.name });
  let state: PartState = {
    name: spec.name,
    state: 'stopped',
    pid: null,
    identity: null,
    restarts: 0,
    lastError: null,
    note: spec.note,
    since: clock.now(),
  };
  let loop: Promise<void> | null = null;
  let stopping = new AbortController();
  /** Runs in a row that ended before they answered. */
  let failures = 0;
  let answered = false;
  let everAnswered = false;
  /** This run takes too long to answer. */
  let late = false;
  /** Asked for while it was starting: it may have read its files before. */
  let reloadDue = false;
  /** The program's own words, a line each; null: it did not refuse. */
  let refusal: string | null = null;
  const watchers = new Set<() => void>();

  const change = (to: PartStatus, facts: Partial<PartState> = {}): void => {
    state = { ...state, ...facts, state: to, since: to === state.state ? state.since : clock.now() };
    deps.onChange();
    for (const watcher of watchers) watcher();
  };

  async function keepRunning(stop: AbortSignal): Promise<void> {
    let delayMs = backOff.firstMs;
    while (!stop.aborted) {
      const begun = clock.elapsedMs();
      const why = await runOnce(stop).catch(messageOf);
      if (stop.aborted) break;
      if (refusal !== null) {
        log.error({ error: refusal }, 'refuses to start');
        change('stopped', { pid: null, identity: null, lastError: refusal });
        break;
      }
      failures = answered ? 0 : failures + 1;
      if (clock.elapsedMs() - begun >= backOff.resetMs) delayMs = backOff.firstMs;
      log.error({ error: why, delayMs }, 'ended by itself; it is started again');
      change('restarting', { pid: null, identity: null, restarts: state.restarts + 1, lastError: why });
      await clock.sleep(delayMs, stop);
      delayMs = Math.min(delayMs * 2, backOff.lastMs);
    }
    await spec
      .cleanup?.()
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'cannot be cleaned up'));
    change('stopped', { pid: null, identity: null });
  }

  /** From start to end; says why it ended. */
  async function runOnce(stop: AbortSignal): Promise<string> {
    answered = false;
    late = false;
    await spec.prepare?.();
    const output = openChildLog(deps.logFile);
    try {
      const child = spawnChild(spec, output.fd);
      const ended = new AbortController();
      const end = endOf(child).finally(() => ended.abort());
      if (child.pid === undefined) return await end;
      change('starting', { pid: child.pid, identity: identityOf(child.pid) });
      void becomeReady(ended.signal);
      const orderly = stopInOrder(child.pid, stop, end);
      const how = await end;
      await orderly;
      await endProcesses(membersOf(child.pid), 2000, clock);
      const { refuses } = spec;
      if (refuses?.code === child.exitCode && !everAnswered) refusal = output.linesAfter(refuses.prefix);
      return `${how}${describe(output)}`;
    } finally {
      output.close();
    }
  }

  async function becomeReady(ended: AbortSignal): Promise<void> {
    const begun = clock.elapsedMs();
    while (!ended.aborted) {
      const ready = await spec.isReady(ended).catch(() => false);
      if (ended.aborted) return;
      if (ready) {
        answered = true;
        everAnswered = true;
        log.info({ pid: state.pid, tookMs: Math.round(clock.elapsedMs() - begun) }, 'ready');
        change('ready', { lastError: null });
        if (reloadDue) reload();
        return;
      }
      if (!late && clock.elapsedMs() - begun > spec.readyMs) {
        late = true;
        log.error({ afterMs: spec.readyMs }, 'does not answer');
        change('starting', { lastError: `does not answer after ${Math.round(spec.readyMs / 1000)} s` });
      }
      await clock.sleep(probeMs, ended);
    }
  }

  /** Once stopping begins: TERM, and KILL for all of its group when it takes too long. */
  async function stopInOrder(pid: number, stop: AbortSignal, end: Promise<string>): Promise<void> {
    const over = new AbortController();
    void end.then(() => over.abort());
    await aborted(AbortSignal.any([stop, over.signal]));
    if (over.signal.aborted) return;
    send(pid, 'SIGTERM');
    await clock.sleep(spec.stopMs, over.signal);
    if (over.signal.aborted) return;
    log.warn({ afterMs: spec.stopMs }, 'did not stop; killed');
    for (const member of membersOf(pid)()) send(member, 'SIGKILL');
  }

  function reload(): void {
    // Before it answers it may have no handler yet, and HUP would end it.
    reloadDue = state.state !== 'ready';
    if (reloadDue || state.pid === null) return;
    send(state.pid, 'SIGHUP');
    log.info({ pid: state.pid }, 'told to read its files anew');
  }

  /** undefined: not yet; null: ready; else why it will not be. */
  function outcome(): Problem | null | undefined {
    if (state.state === 'ready') return null;
    if (refusal !== null) return new Problem(refusal);
    if (state.state === 'stopped') return new Problem(`${spec.name}: is stopped`);
    if (failures < hopelessFailures && !late) return undefined;
    return new Problem(`${spec.name}: does not start: ${state.lastError}; see ${deps.logFile}`);
  }

  return {
    name: spec.name,
    state: () => state,
    start() {
      if (loop) return;
      stopping = new AbortController();
      failures = 0;
      refusal = null;
      reloadDue = false;
      change('starting', { lastError: null });
      loop = keepRunning(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await loop;
      loop = null;
    },
    reload() {
      if (spec.reloads && loop) reload();
    },
    whenReady: (signal) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const result = signal?.aborted ? new Problem(`${spec.name}: gave up waiting for it`) : outcome();
          if (result === undefined) return;
          watchers.delete(look);
          signal?.removeEventListener('abort', look);
          if (result) reject(result);
          else resolve();
        };
        watchers.add(look);
        signal?.addEventListener('abort', look);
        look();
      }),
  };
}

/** Its output goes to the descriptor. */
export function spawnChild(spec: ChildSpec, output: number): ChildProcess {
  const minimal = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
  return spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env ?? { ...minimal, HOME: spec.cwd },
    stdio: ['ignore', output, output],
    detached: true,
    ...(spec.user ? { uid: spec.user.uid, gid: spec.user.gid } : {}),
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
  });
}

const membersOf = (pid: number) => (): number[] => groupMembers(pid);

function describe(output: OpenLog): string {
  const words = output.lastWords();
  return words === null ? '' : `: ${words}`;
}
