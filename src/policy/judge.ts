/**
 * What the scan stage is given to have the content of a message judged by the worker, beside the scanners. Files are
 * opened in the box (`box/`): processes with bounds on time and memory, so that a hostile file costs one finding and
 * never the server.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Away } from '../lib/problem.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Found } from '../mail/finding.ts';
import type { ContentPolicy, Judged } from '../rules/content-policy.ts';
import { createFounds } from '../rules/inspect-founds.ts';
import type { OpenerProcess, TaskEnd } from './box/opener-process.ts';
import { createPool, type Pool } from './box/pool.ts';

export type Content = () => Promise<Readable>;

/** What the opened content shows. Its own failures are findings (`unopened-archive`): a hostile file costs one verdict, never the server. */
export interface ContentJudge {
  /** Not called for mail in which the door left nothing to open. Rejects when `signal` is aborted or the content cannot be read. */
  inspect(envelope: Envelope, content: Content, signal: AbortSignal): Promise<readonly Found[]>;
}

export interface ContentJudgeDeps {
  /** Read for each message. */
  policy(): ContentPolicy;
  judged(envelope: Envelope): Promise<Judged>;
  /** For one message, from when its turn comes. */
  openTimeoutMs(): number;
  /** For one message, beside what a process needs for itself; read when a process starts. */
  openMemoryBytes(): number;
  /** Messages that are looked into at the same time. */
  readonly processes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests: another program in place of the box's. */
  readonly program?: URL;
}

export function createContentJudge(deps: ContentJudgeDeps): ContentJudge & AsyncDisposable {
  const { log } = deps;
  const pool = createPool({ ...deps, memoryBytes: deps.openMemoryBytes });
  return {
    async inspect(envelope, content, signal) {
      const judged = await deps.judged(envelope);
      const process = await takeSoon(pool, signal);
      const timeoutMs = deps.openTimeoutMs();
      try {
        const task = { policy: deps.policy(), judged, content: await content(), signal, timeoutMs };
        const end = await process.run(task);
        if (end.kind === 'fault') log.error({ id: envelope.id, why: end.why }, 'box: a fault over a message');
        else if (end.kind !== 'done')
          log.warn({ id: envelope.id, end: end.kind, why: end.why }, 'box: a process ended over a message');
        return toFounds(end, timeoutMs);
      } finally {
        pool.give(process);
      }
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Files that are slow to open hold no other mail up for longer: what cannot be opened now is tried again later. */
const IN_LINE_MS = 5_000;

async function takeSoon(pool: Pool, signal: AbortSignal): Promise<OpenerProcess> {
  try {
    return await pool.take(AbortSignal.any([signal, AbortSignal.timeout(IN_LINE_MS)]));
  } catch (error) {
    if (signal.aborted || error instanceof Away) throw error;
    throw new Away('other files are being opened');
  }
}

function toFounds(end: TaskEnd, timeoutMs: number): readonly Found[] {
  const founds = createFounds();
  founds.addAll(end.found);
  if (end.kind !== 'done') {
    const why = {
      late: `took longer than ${timeoutMs / 1_000} s to open`,
      memory: 'needs too much memory to open',
      crashed: 'cannot be opened',
      fault: 'cannot be opened',
    }[end.kind];
    const name = end.opening?.name ?? 'the message';
    founds.add({ reason: 'unopened-archive', detail: `${name}: ${why}`, part: end.opening?.part ?? null });
  }
  return founds.list;
}
