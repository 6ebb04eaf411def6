/**
 * The HTTP interface of the server for the geganti command, for monitoring and for the console to come: put together
 * from its routes, on a Unix socket that only the server's owner can open and, by setting, on a port of this machine
 * where tokens say who may do what.
 */
import type { Clock } from '../lib/clock.ts';
import type { Endpoint, UnixSocket } from '../lib/endpoint.ts';
import type { Log } from '../lib/log.ts';
import { publishSocket } from '../lib/socket-file.ts';
import { type App, createApp } from './app.ts';
import { createTokenGate, socketGate, type TokenGateDeps } from './authorize.ts';
import { publishPort } from './loopback-port.ts';
import { createMetrics } from './metrics.ts';
import { type AgencyDirectory, agencyRoutes } from './routes/agencies.ts';
import { documentRoute } from './routes/document.ts';
import { type LogDeps, logRoutes } from './routes/log.ts';
import { metricsRoute } from './routes/metrics.ts';
import { type PolicyDeps, policyRoutes } from './routes/policy.ts';
import { type QuarantineDeps, quarantineRoutes } from './routes/quarantine.ts';
import { queueRoutes } from './routes/queue.ts';
import { statusRoutes } from './routes/status.ts';
import { type TokenDirectory, tokenRoutes } from './routes/tokens.ts';
import { type UserDirectory, userRoutes } from './routes/users.ts';
import type { Readiness, Status } from './status.ts';

export interface ApiDeps {
  readonly directory: AgencyDirectory & UserDirectory & TokenDirectory & TokenGateDeps['directory'];
  readonly deliveryLog: LogDeps['deliveryLog'];
  readonly control: LogDeps['control'];
  readonly quarantine: QuarantineDeps['quarantine'];
  readonly releases: QuarantineDeps['releases'];
  readonly trial: PolicyDeps['trial'];
  readonly limits: PolicyDeps['limits'];
  readonly status: () => Promise<Status>;
  readonly ready: () => Promise<Readiness>;
  readonly version: string;
  /** `tcp` null: the socket alone. */
  readonly endpoints: { readonly socket: UnixSocket; readonly tcp: Endpoint | null };
  readonly clock: Clock;
  readonly log: Log;
}

export interface Api extends AsyncDisposable {
  /** Throws a Problem when the socket or the port cannot be had. Port: of TCP; null: none. */
  listen(): Promise<{ readonly port: number | null }>;
}

const CLOSE_GRACE_MS = 1_000;
/** A console asks for many people at once. */
const TOKEN_MOST = { requests: 32, streams: 16 };

export function createApi(deps: ApiDeps): Api {
  const { directory, quarantine, status, clock, log, endpoints } = deps;
  const stopping = new AbortController();
  const metrics = createMetrics({ ...deps, stopping: stopping.signal });
  const routes = [
    ...agencyRoutes(directory),
    ...userRoutes(directory),
    ...tokenRoutes(directory),
    ...logRoutes({ ...deps, stopping: stopping.signal }),
    ...queueRoutes(deps.control.queue),
    ...quarantineRoutes({ directory, quarantine, releases: deps.releases }),
    ...policyRoutes({ ...deps, stopping: stopping.signal }),
    ...statusRoutes(status, deps.ready),
    metricsRoute(metrics),
  ];
  const all = [...routes, documentRoute(routes, deps.version)];
  const socketApp = createApp({ routes: all, gate: socketGate, most: null, log });
  const tokenGate = createTokenGate({ directory, clock, log });
  const tcpApp = endpoints.tcp && createApp({ routes: all, gate: tokenGate, most: TOKEN_MOST, log });
  const apps: App[] = tcpApp ? [socketApp, tcpApp] : [socketApp];
  let published: AsyncDisposable | null = null;
  return {
    async listen() {
      if (endpoints.tcp && tcpApp) await publishPort(endpoints.tcp, (at) => tcpApp.listen(at));
      published = await publishSocket('services.api', endpoints.socket, (path) => socketApp.listen({ path }));
      return { port: tcpApp?.port ?? null };
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await published?.[Symbol.asyncDispose]();
      await Promise.all(apps.map((app) => app.close(CLOSE_GRACE_MS)));
      await metrics.stopped;
    },
  };
}
