/**
 * The receiver's end of the link: serves spool, queue and verdicts to workers and the API in other processes, over a
 * Unix socket that its own user alone may open.
 */
import type { UnixSocket } from '../lib/endpoint.ts';
import { serveLines } from '../lib/line-socket.ts';
import type { VerdictReports, Verdicts } from '../queue/verdicts.ts';
import type { ReceiverReport, WorkerReport } from './reports.ts';
import { type ServedPeer, type ServedPeerDeps, servePeer } from './served-peer.ts';

export interface LinkServerDeps extends Omit<ServedPeerDeps, 'report' | 'verdicts'> {
  readonly endpoint: UnixSocket;
  readonly verdicts: VerdictReports & Pick<Verdicts, 'giveUpAll'>;
  /** Without the workers, which are known here. */
  readonly report: () => ReportOfReceiver | Promise<ReportOfReceiver>;
}

export type ReportOfReceiver = Omit<ReceiverReport, 'workers'>;

/** What the receiver knows of those who work for it. */
export interface Workers {
  /** Of each that has told. */
  readonly workers: readonly WorkerReport[];
  readonly workersConnected: number;
  /** Whether a verdict can come: some worker has both scanners. */
  scannersUp(): boolean;
}

/** Throws a Problem when the socket cannot be had. Disposed: nobody works on anything any more. */
export async function serveLink(deps: LinkServerDeps): Promise<AsyncDisposable & Workers> {
  const peers = new Set<ServedPeer>();
  const workers = (): WorkerReport[] => [...peers].flatMap(({ worker }) => worker ?? []);
  const workersConnected = (): number => [...peers].filter(({ roles }) => roles.includes('work')).length;
  const report = async (): Promise<ReceiverReport> => ({ ...(await deps.report()), workers: workers() });
  const lines = await serveLines({
    key: 'services.link',
    endpoint: deps.endpoint,
    accept: (peer) =>
      servePeer({ ...deps, report }, peer, (served) => {
        peers.add(served);
        peer.gone.addEventListener('abort', () => {
          peers.delete(served);
          // Also those whose message no worker has taken yet.
          if (served.roles.includes('work') && workersConnected() === 0) deps.verdicts.giveUpAll();
        });
      }),
  });
  return {
    get workers() {
      return workers();
    },
    get workersConnected() {
      return workersConnected();
    },
    scannersUp: () => workers().some((worker) => worker.scannersUp),
    [Symbol.asyncDispose]: () => lines[Symbol.asyncDispose](),
  };
}
