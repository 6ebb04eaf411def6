/**
 * How the running server is, part by part, for `geganti status`: put together from what each part says of itself and
 * from the supervisor's notes where there is one. Belongs to the composition root.
 */
import type { Settings } from './config/settings.ts';
import type { LmtpPool } from './deliver/connect.ts';
import type { PartStatus, Status } from './http/status.ts';
import { formatEndpoint } from './lib/endpoint.ts';
import type { Queue } from './queue/queue.ts';
import type { Receiver } from './receive/receiver.ts';
import type { ScannerHealth } from './scan/health.ts';
import type { Spool } from './spool/spool.ts';
import { type Part, readStackState } from './stack/stack.ts';
import type { Trace } from './trace/events.ts';

export interface StatusSources {
  readonly settings: Settings;
  readonly version: string;
  readonly startedAt: number;
  readonly scanners: ScannerHealth;
  readonly lmtp: LmtpPool;
  readonly receiver: Receiver;
  readonly spool: Spool;
  readonly queue: Queue;
  readonly trace: Trace;
}

export async function gatherStatus(sources: StatusSources): Promise<Status> {
  const { settings, spool, queue, trace } = sources;
  const [scanners, mailboxes] = await Promise.all([sources.scanners.describe(), sources.lmtp.probe()]);
  const stack = readStackState(settings.data);
  const supervised = (name: string): Part | undefined => stack?.parts.find((part) => part.name === name);
  const since = (name: string): number | null => supervised(name)?.since ?? null;
  const doors = Object.entries(sources.receiver.addresses).filter(([, bound]) => bound.length > 0);
  const parts: PartStatus[] = [
    ...doors.map(([door, bound]) => ({
      name: `door ${door}`,
      up: true,
      detail: bound
        .map(({ address, port }) => formatEndpoint({ kind: 'tcp', host: address, port }))
        .join(', '),
      since: sources.startedAt,
    })),
    {
      name: 'redis',
      up: queue.available,
      detail: queue.problem && `${queue.problem}; mail is accepted and waits in the spool`,
      since: since('redis'),
    },
    ...scanners.map(({ name, up, detail, version }) => ({
      name,
      up,
      detail: up ? version : detail,
      since: since(name),
    })),
    { name: 'dovecot', up: mailboxes.up, detail: mailboxes.detail, since: since('dovecot') },
  ];
  const clamd = scanners.find((scanner) => scanner.name === 'clamd');
  const testOnly = supervised('clamd')?.note !== null && supervised('clamd') !== undefined;
  return {
    version: sources.version,
    startedAt: sources.startedAt,
    parts,
    signatures: { date: clamd?.signaturesAt ?? null, testOnly },
    spool: spool.status,
    queue: queue.status,
    lostEvents: trace.lost,
  };
}
