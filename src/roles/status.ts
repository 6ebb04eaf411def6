/**
 * How the whole server is, for `geganti status`, monitoring and the readiness probe: what the receiver says of itself
 * and its workers, what the delivery log says, and the supervisor's notes where there is one.
 */
import type { Directory } from '../directory/directory.ts';
import type { PartStatus, ProcessStatus, Readiness, Status } from '../http/status.ts';
import { Away, messageOf } from '../lib/problem.ts';
import type { ControlLink } from '../link/receiver.ts';
import type { PartReport, ReceiverReport } from '../link/reports.ts';
import type { Address } from '../mail/address.ts';
import { type Part, readStackState, type StackState } from '../stack/stack.ts';
import type { DeliveryLog } from '../trace/log.ts';
import type { RoleDeps } from './role.ts';

export interface StatusSources extends Pick<RoleDeps, 'settings' | 'version' | 'process'> {
  readonly control: Pick<ControlLink, 'report'>;
  readonly deliveryLog: Pick<DeliveryLog, 'status'>;
  readonly directory: Pick<Directory, 'findMailbox'>;
}

export function createStatus(sources: StatusSources): () => Promise<Status> {
  const { settings, version, control, deliveryLog, directory } = sources;
  return async () => {
    const [receiver, accounts, log] = await Promise.all([
      reportOf(control),
      askDirectory(directory),
      deliveryLog.status(),
    ]);
    const stack = readStackState(settings.data);
    const supervised = (name: string): Part | undefined => stack?.parts.find((part) => part.name === name);
    const found = 'down' in receiver ? null : receiver;
    const processes = processesOf(found, sources.process());
    const parts = 'down' in receiver ? [receiver.down] : partsOf(receiver);
    parts.push(...neighboursOf(stack, parts));
    // As receiver and worker: ours, and a part of its own only while it is missing.
    if (!accounts.up) parts.push(accounts);
    const note = supervised('clamd')?.note ?? null;
    return {
      version,
      startedAt: Math.min(...processes.map(({ startedAt }) => startedAt)),
      parts: parts.map((part) => ({ ...part, since: sinceOf(part, found, supervised) })),
      signatures: {
        date: found?.workers.find(({ signaturesAt }) => signaturesAt !== null)?.signaturesAt ?? null,
        testOnly: note !== null,
      },
      connections: found?.connections ?? null,
      spool: found?.spool ?? null,
      queue: found?.queue ?? null,
      processes,
      log,
      lostEvents: processes.reduce((sum, { lostEvents }) => sum + lostEvents, 0),
    };
  };
}

/** Of a known user's address nothing is asked: that the directory answers at all is the question. */
const NOBODY = 'nobody@readiness.invalid' as Address;

async function askDirectory(directory: Pick<Directory, 'findMailbox'>): Promise<PartReport> {
  try {
    await directory.findMailbox(NOBODY);
    return { name: 'directory', up: true, detail: null };
  } catch (error) {
    return { name: 'directory', up: false, detail: `${messageOf(error)}; mail has to wait outside` };
  }
}

export function createReadiness(deps: {
  readonly control: Pick<ControlLink, 'report'>;
  readonly directory: Pick<Directory, 'findMailbox'>;
}): () => Promise<Readiness> {
  return async () => {
    const [receiver, directory] = await Promise.all([reportOf(deps.control), askDirectory(deps.directory)]);
    const missing: string[] = [];
    if ('down' in receiver) missing.push('receiver');
    else missing.push(...notReady(receiver));
    if (!directory.up) missing.push('directory');
    return { missing };
  };
}

/** Mail is taken without scanners and Redis, so that they are away is for the status, not for the readiness. */
function notReady({ parts, workers }: ReceiverReport): string[] {
  const missing: string[] = [];
  if (!parts.some(({ name, up }) => name.startsWith('door ') && up)) missing.push('doors');
  if (workers.length === 0) missing.push('worker');
  return missing;
}

async function reportOf(
  control: Pick<ControlLink, 'report'>,
): Promise<ReceiverReport | { readonly down: PartReport }> {
  try {
    return await control.report();
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    return { down: { name: 'receiver', up: false, detail: messageOf(error) } };
  }
}

function partsOf({ parts, workers }: ReceiverReport): PartReport[] {
  if (workers.length === 0) {
    const detail = 'no worker is connected; mail is accepted and waits in the spool';
    return [...parts, { name: 'worker', up: false, detail }];
  }
  const others = new Map<string, PartReport>();
  // A part that one worker cannot reach is shown as that worker sees it.
  for (const part of workers.flatMap((worker) => worker.parts)) {
    if (others.get(part.name)?.up !== false) others.set(part.name, part);
  }
  return [...parts, ...others.values()];
}

const NEIGHBOURS: readonly string[] = ['redis', 'clamd', 'rspamd', 'dovecot'];

/** What receiver and workers do not tell, since they are away, as the supervisor sees it. */
function neighboursOf(stack: StackState | null, told: readonly PartReport[]): PartReport[] {
  // Stopped in order: its last notes say nothing of now.
  if (!stack?.supervisor) return [];
  const untold = stack.parts.filter(
    ({ name }) => NEIGHBOURS.includes(name) && !told.some((part) => part.name === name),
  );
  return untold.map(({ name, state, lastError }) =>
    state === 'ready' ? { name, up: true, detail: null } : { name, up: false, detail: lastError ?? state },
  );
}

/** This process is among them once, be it the receiver, a worker or the API alone. */
function processesOf(receiver: ReceiverReport | null, own: ProcessStatus): ProcessStatus[] {
  const told = receiver ? [receiver.process, ...receiver.workers.map((worker) => worker.process)] : [];
  return [...told.filter(({ pid }) => pid !== own.pid), own];
}

/** When its state of now began. Null: not known, as of one that runs and does not answer. */
function sinceOf(
  { name, up }: PartReport,
  receiver: ReceiverReport | null,
  supervised: (name: string) => Part | undefined,
): PartStatus['since'] {
  if (name.startsWith('door ')) return receiver?.process.startedAt ?? null;
  const part = supervised(name);
  return part && up === (part.state === 'ready') ? part.since : null;
}
