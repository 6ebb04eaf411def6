/**
 * The web framework's side of the API, and the only importer of fastify: takes routes as data, asks the gate of its
 * listener (`authorize.ts`), and turns answers and errors into HTTP. A body, a token, and so a password, is never logged.
 */
import { Readable } from 'node:stream';
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { Log } from '../lib/log.ts';
import { type AtOnce, createAtOnce } from './at-once.ts';
import { type Caller, type Gate, type Right, requireRight } from './authorize.ts';
import { PROBLEM_TYPE, problem, problemOf } from './problems.ts';
import type { Answer, Good, Route } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    right?: Right;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export interface App {
  listen(at: { path: string } | { host: string; port: number }): Promise<void>;
  /** The port that it has; null: a Unix socket. */
  readonly port: number | null;
  /** Ends when the requests that are under way have their answers, or are cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface AppDeps {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  /** Of one caller at the same time; null: as many as there are connections. */
  readonly most: { readonly requests: number; readonly streams: number } | null;
  readonly log: Log;
}

const MAX_CONNECTIONS = 200;
const BODY_BYTES = 64 * 1024;
export const JSON_LINES_TYPE = 'application/x-ndjson';

/** Throws when a route does not declare its right: a bug, found at the start. */
export function createApp({ routes, gate, most, log }: AppDeps): App {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    exposeHeadRoutes: false,
    // An address of 254 characters, each as %XX.
    routerOptions: { maxParamLength: 800 },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ method, url, config }) => requireRight(String(method), url, config?.right));
  guard(app, gate);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { problem: details, known } = problemOf(error);
    const { method, routeOptions } = request;
    if (!known) log.error({ err: error, method, url: routeOptions.url }, 'API: a request failed');
    sendProblem(reply, details.status, details.detail);
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, 404, `there is no ${request.method} ${request.url.split('?')[0]}`);
  });
  const requests = most && createAtOnce(most.requests);
  const streams = most && createAtOnce(most.streams);
  for (const route of routes) register(app, route, route.good.kind === 'lines' ? streams : requests, log);
  return {
    async listen(at) {
      await app.listen(at);
    },
    get port() {
      const address = app.server.address();
      return address !== null && typeof address === 'object' ? address.port : null;
    },
    async close(graceMs) {
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(cut);
    },
  };
}

/** Before anything of the body is read. */
function guard(app: FastifyInstance, gate: Gate): void {
  app.addHook('onRequest', async (request, reply) => {
    // Lists of people and fresh passwords belong in nobody's cache.
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const { is404, headers, socket } = request;
    const decision = await gate({
      // What does not exist has no right of its own: who may ask at all learns that it is not there.
      right: is404 ? 'anyone' : request.routeOptions.config.right,
      host: headers.host,
      authorization: headers.authorization,
      peer: `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`,
    });
    if (decision.kind === 'allowed') {
      request.caller = decision.caller;
      return;
    }
    if (decision.challenge !== null) reply.header('www-authenticate', decision.challenge);
    return sendProblem(reply, decision.status, decision.detail);
  });
}

function register(app: FastifyInstance, route: Route, atOnce: AtOnce | null, log: Log): void {
  const { method, url, right, good, bodyBytes = BODY_BYTES, changes = method !== 'GET' } = route;
  app.route({
    method,
    url,
    config: { right },
    bodyLimit: bodyBytes,
    async handler({ params, query, body, caller }, reply) {
      // The hook above lets nobody through without; a hole there must not become a name in the logs.
      if (caller === null) throw new Error(`${method} ${url} was reached without a caller`);
      const leave = atOnce ? atOnce.enter(caller.name) : () => {};
      if (!leave)
        return sendProblem(reply, 429, `${atOnce?.most} of these are under way; wait for one to end`);
      const answer = await untilOver(route.handle({ params, query, body, by: caller.name }), leave);
      if (changes && answer.kind === 'done') {
        log.info({ by: caller.name, method, url, params }, 'API: a change was made');
      }
      return send(reply, good, answer);
    },
  });
}

/** `over` is called when there is an answer; when that is a stream, at its end. */
async function untilOver(handled: Promise<Answer>, over: () => void): Promise<Answer> {
  try {
    const answer = await handled;
    if (answer.kind !== 'done' || !(answer.value instanceof Readable)) over();
    else answer.value.once('close', over);
    return answer;
  } catch (error) {
    over();
    throw error;
  }
}

function send(reply: FastifyReply, good: Good, answer: Answer): FastifyReply {
  if (answer.kind === 'problem') return sendProblem(reply, answer.status, answer.detail);
  reply.code(good.status);
  switch (good.kind) {
    case 'json':
      return reply.type('application/json').send(answer.value);
    case 'lines':
      return reply.type(JSON_LINES_TYPE).send(answer.value);
    case 'text':
      return reply.type(good.mediaType).send(answer.value);
    default:
      return good satisfies never;
  }
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem(status, detail)));
}
