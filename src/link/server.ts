/**
 * The receiver's end of the link: serves spool, queue and verdicts to workers and the API in other processes, over a
 * Unix socket that its own user alone may open.
 */
import type { Endpoint } from '../lib/endpoint.ts';
import { serveLines } from '../lib/line-socket.ts';
import { Problem } from '../lib/problem.ts';
import type { ReceiverReport, WorkerReport } from './reports.ts';
import { type ServedPeer, type ServedPeerDeps, servePeer } from './served-peer.ts';

export interface LinkServerDeps extends Omit<ServedPeerDeps, 'report'> {
  readonly endpoint: Endpoint;
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
  const { endpoint } = deps;
  if (endpoint.kind !== 'unix') {
    throw new Problem('services.link: must be the path of a Unix socket, whose file rights say who may call');
  }
  const peers = new Set<ServedPeer>();
  const workers = (): WorkerReport[] => [...peers].flatMap(({ worker }) => worker ?? []);
  const report = async (): Promise<ReceiverReport> => ({ ...(await deps.report()), workers: workers() });
  const lines = await serveLines({
    key: 'services.link',
    path: endpoint.path,
    accept: (peer) =>
      servePeer({ ...deps, report }, peer, (served) => {
        peers.add(served);
        peer.gone.addEventListener('abort', () => peers.delete(served));
      }),
  });
  return {
    get workers() {
      return workers();
    },
    get workersConnected() {
      return [...peers].filter(({ roles }) => roles.includes('work')).length;
    },
    scannersUp: () => workers().some((worker) => worker.scannersUp),
    [Symbol.asyncDispose]: () => lines[Symbol.asyncDispose](),
  };
}
