/**
 * The HTTP interface of the server for the geganti command (and the console to come): put together from its routes,
 * on a Unix socket that only the server's owner can open.
 */
import { rm } from 'node:fs/promises';
import type { Directory } from '../directory/directory.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import type { Log } from '../lib/log.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { Spool } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { createApp } from './app.ts';
import { followEvents } from './follow.ts';
import { agencyRoutes } from './routes/agencies.ts';
import { logRoutes } from './routes/log.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { queueRoutes } from './routes/queue.ts';
import { statusRoutes } from './routes/status.ts';
import { userRoutes } from './routes/users.ts';
import { publishSocket } from './socket.ts';
import type { Status } from './status.ts';

export interface ApiDeps {
  readonly directory: Pick<
    Directory,
    'addAgency' | 'listAgencies' | 'addUser' | 'listUsers' | 'resetPassword'
  >;
  readonly spool: Pick<Spool, 'get' | 'list' | 'status'>;
  readonly quarantine: Pick<Quarantine, 'list' | 'get'>;
  readonly trace: Pick<Trace, 'find' | 'recent' | 'follow'>;
  readonly status: () => Promise<Status>;
  readonly log: Log;
  readonly endpoint: Endpoint;
  /** Bounds for one reader of the live log. */
  readonly follow?: { readonly maxWaiting: number; readonly graceMs: number };
}

export interface Api extends AsyncDisposable {
  /** Throws a Problem when the socket cannot be had. */
  listen(): Promise<void>;
}

const FOLLOW = { maxWaiting: 1024 * 1024, graceMs: 10_000 };
const CLOSE_GRACE_MS = 1_000;

export function createApi(deps: ApiDeps): Api {
  const { directory, spool, quarantine, trace, status, log, endpoint, follow = FOLLOW } = deps;
  const stopping = new AbortController();
  const app = createApp({
    log,
    routes: [
      ...agencyRoutes(directory),
      ...userRoutes(directory),
      ...logRoutes({
        trace,
        spool,
        follow: (last) => followEvents({ trace, log, stopping: stopping.signal, ...follow }, last),
      }),
      ...queueRoutes(spool),
      ...quarantineRoutes(quarantine),
      ...statusRoutes(status),
    ],
  });
  let listening = false;
  return {
    async listen() {
      await publishSocket(endpoint, (path) => app.listen(path));
      listening = true;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      if (listening && endpoint.kind === 'unix') await rm(endpoint.path, { force: true });
      listening = false;
      await app.close(CLOSE_GRACE_MS);
    },
  };
}
