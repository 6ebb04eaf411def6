/**
 * Runs the neighbours of the mail server on one machine: private Redis, clamd, rspamd and Dovecot, and what the
 * caller adds (the server's own processes), as supervised child processes. Started in that order without waiting for
 * each other (all of them bear that others are away), stopped in reverse, one after the other.
 * All checks come before the first start: when `startStack` throws a Problem, nothing runs.
 */
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { publishCertificate } from './certificate.ts';
import { type Child, type ChildSpec, createChild } from './child.ts';
import { clamdSpec } from './clamd.ts';
import { createContext, type StackInput } from './context.ts';
import { dovecotSpec, type ImapPorts } from './dovecot.ts';
import { endLeftovers } from './leftovers.ts';
import { identityOf } from './process.ts';
import { redisSpec } from './redis.ts';
import { rspamdSpec } from './rspamd.ts';
import { type PartState, writeStackState } from './state.ts';

export type { ChildSpec } from './child.ts';
export type { StackInput } from './context.ts';
export { type MasterUser, masterUser } from './master-user.ts';
export { type PartState as Part, readStackState, type StackState } from './state.ts';

export interface Stack extends AsyncDisposable {
  /** As they are now, in the order of their start. */
  readonly parts: readonly PartState[];
  readonly ports: ImapPorts;
  /** Resolves when every part answers; a Problem when one does not start. Nothing is stopped then: dispose. */
  waitReady(signal?: AbortSignal): Promise<void>;
  /** Of one part, for operators and tests; `start` and `restart` resolve when it answers. */
  start(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  /**
   * Copies the certificate anew and has those read their files that can: the server's processes, and Dovecot. A
   * certificate that cannot serve is told in the log, and the one before goes on.
   */
  reload(): Promise<void>;
}

export interface StackDeps {
  readonly settings: StackInput;
  readonly log: Log;
  readonly clock: Clock;
  readonly extra: readonly ChildSpec[];
}

export async function startStack(deps: StackDeps): Promise<Stack> {
  const { settings, log, clock } = deps;
  const { data } = settings;
  await endLeftovers({ data, log, clock });
  const context = await createContext(settings, log);
  const certificate = await publishCertificate(context, { now: clock.now(), expired: 'serve' });
  const dovecot = await dovecotSpec(context, certificate);
  const specs = [
    await redisSpec(context),
    await clamdSpec(context),
    await rspamdSpec(context),
    dovecot.spec,
    ...deps.extra,
  ];

  const supervisor = { pid: process.pid, identity: identityOf(process.pid) };
  let running = true;
  const children: Child[] = [];
  const record = (): void => {
    const parts = children.map((child) => child.state());
    const state = { supervisor: running ? supervisor : null, ports: dovecot.ports, parts };
    if (!writeStackState(data, state)) log.warn({ data }, 'the state of the parts cannot be written');
  };
  for (const spec of specs) {
    const logFile = join(context.logFolder, `${spec.name}.log`);
    children.push(createChild(spec, { logFile, log, clock, onChange: record }));
  }
  for (const child of children) child.start();

  const find = (name: string): Child => {
    const child = children.find((candidate) => candidate.name === name);
    if (child) return child;
    throw new Problem(`part "${name}": unknown; use one of ${children.map((each) => each.name).join(', ')}`);
  };
  return {
    get parts() {
      return children.map((child) => child.state());
    },
    ports: dovecot.ports,
    async waitReady(signal) {
      const wanted = children.filter((child) => child.state().state !== 'stopped');
      await Promise.all(wanted.map((child) => child.whenReady(signal)));
    },
    async start(name) {
      find(name).start();
      await find(name).whenReady();
    },
    stop: (name) => find(name).stop(),
    async restart(name) {
      await find(name).stop();
      find(name).start();
      await find(name).whenReady();
    },
    async reload() {
      await publishCertificate(context, { now: clock.now(), expired: 'refuse' }).catch((error: unknown) =>
        log.error({ error: messageOf(error) }, 'the certificate stays as it was'),
      );
      for (const child of children) child.reload();
    },
    async [Symbol.asyncDispose]() {
      if (!running) return;
      for (const child of children.toReversed()) await child.stop();
      running = false;
      record();
    },
  };
}
