/**
 * The receiving role: doors, spool and the queue's schedule, and the socket at which workers and the API of other
 * processes reach them. `link` is the same for those in this process.
 *
 * Stops in this order: the doors (who is in the middle of a message gets an answer), the socket, the queue, the spool.
 */
import { join } from 'node:path';
import type { Directory } from '../directory/directory.ts';
import type { CertificatePair } from '../lib/certificate-pair.ts';
import { formatEndpoint } from '../lib/endpoint.ts';
import { createEnter } from '../link/enter.ts';
import { createLocalLink, type LocalLink } from '../link/local.ts';
import type { PartReport } from '../link/reports.ts';
import { type ReportOfReceiver, serveLink } from '../link/server.ts';
import { createBullmqStore } from '../queue/bullmq.ts';
import type { Queue } from '../queue/queue.ts';
import { createQueue } from '../queue/scheduled-queue.ts';
import { createVerdicts } from '../queue/verdicts.ts';
import { createAgencyCodes } from '../receive/agency-codes.ts';
import { type BoundAddresses, type BoundDoors, createReceiver } from '../receive/receiver.ts';
import { createSpool } from '../spool/disk-spool.ts';
import { acceptedEvent } from '../trace/events.ts';
import type { RoleDeps } from './role.ts';

export interface ReceiveDeps extends RoleDeps {
  readonly directory: Directory;
  /** They belong to this role from now on. */
  readonly doors: BoundDoors;
  readonly tls: CertificatePair;
}

export interface ReceiveRole extends AsyncDisposable {
  /** For the other roles, when they are in this process. */
  readonly link: LocalLink;
  readonly addresses: BoundAddresses;
  /** Messages that an earlier run left unfinished. */
  readonly recovered: number;
  /** Serves the doors. */
  open(): void;
  renewCertificate(pair: CertificatePair): void;
}

const RECONCILE_MS = 60_000;

/** Throws a Problem when the spool or the socket cannot be had. */
export async function startReceive(deps: ReceiveDeps): Promise<ReceiveRole> {
  const { settings, version, trace, directory, doors, tls, clock, log } = deps;
  await using starting = new AsyncDisposableStack();
  const { spool, recovered } = await createSpool({
    folder: join(settings.data, 'spool'),
    settings: settings.spool,
    crashPoint: deps.crashPoint,
    clock,
    log,
  });
  starting.use(spool);
  // A message in the spool without a final outcome was accepted: the events of a crashed run may lack it.
  for (const { envelope } of recovered) trace.record(acceptedEvent(envelope, true));
  const store = createBullmqStore({ endpoint: settings.services.redis, log });
  const queue = starting.use(createQueue({ spool, trace, store, reconcileMs: RECONCILE_MS, clock, log }));
  const verdicts = createVerdicts();
  const enter = createEnter({ spool, queue, trace, directory, log });
  const report = (): ReportOfReceiver => ({
    version,
    process: deps.process(),
    parts: [...doorReports(doors.addresses), redisReport(queue)],
    connections: doors.doors.reduce((sum, door) => sum + door.connections, 0),
    spool: spool.status,
    queue: queue.status,
  });
  const link = createLocalLink({ queue, spool, verdicts, enter, report });
  const ends = { queue, spool, verdicts, enter, report, version, clock, log };
  const served = starting.use(await serveLink({ ...ends, endpoint: settings.services.link }));
  const scannersUp = (): boolean => link.scannersUp() || served.scannersUp();
  const agencies = createAgencyCodes({ directory, clock });
  const sessions = { settings, directory, agencies, spool, queue, verdicts, trace, clock, log };
  const receiver = starting.use(
    createReceiver({ ...sessions, doors, tls, scannersUp, discard: settings.discard }),
  );
  const running = starting.move();
  return {
    link,
    addresses: receiver.addresses,
    recovered: recovered.length,
    open: () => receiver.open(),
    renewCertificate: (pair) => receiver.renewCertificate(pair),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function doorReports(addresses: BoundAddresses): PartReport[] {
  const doors = Object.entries(addresses).filter(([, bound]) => bound.length > 0);
  return doors.map(([door, bound]) => ({
    name: `door ${door}`,
    up: true,
    detail: bound.map(({ address, port }) => formatEndpoint({ kind: 'tcp', host: address, port })).join(', '),
  }));
}

function redisReport({ available, problem }: Queue): PartReport {
  const detail = problem && `${problem}; mail is accepted and waits in the spool`;
  return { name: 'redis', up: available, detail };
}
