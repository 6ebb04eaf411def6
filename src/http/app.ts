/**
 * The web framework's side of the API, and the only importer of fastify: takes routes as data, checks what comes in,
 * asks `authorize.ts`, and turns answers and errors into HTTP. A body, and so a password, is never logged.
 */
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { Log } from '../lib/log.ts';
import { callerOf, mayCall, type Right, requireRight } from './authorize.ts';
import { PROBLEM_TYPE, problem, problemOf } from './problems.ts';
import type { ProblemDetails } from './resources.ts';
import type { Answer, Route } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    right?: Right;
  }
}

export interface App {
  listen(path: string): Promise<void>;
  /** Ends when the requests that are under way have their answers, or are cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Throws when a route does not declare its right: a bug, found at the start. */
export function createApp({ routes, log }: { routes: readonly Route[]; log: Log }): App {
  const app = fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    requestTimeout: 30_000,
    exposeHeadRoutes: false,
    // An address of 254 characters, each as %XX.
    routerOptions: { maxParamLength: 800 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
  });
  app.addHook('onRoute', ({ method, url, config }) => requireRight(String(method), url, config?.right));
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || mayCall(callerOf(), request.routeOptions.config.right)) return;
    sendProblem(reply, problem(403, `${request.method} ${request.routeOptions.url} is not allowed to you`));
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { problem: details, known } = problemOf(error);
    if (!known)
      log.error({ err: error, method: request.method, url: request.routeOptions.url }, 'API request failed');
    sendProblem(reply, details);
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, problem(404, `there is no ${request.method} ${request.url.split('?')[0]}`));
  });
  for (const route of routes) register(app, route);
  return {
    async listen(path) {
      await app.listen({ path });
    },
    async close(graceMs) {
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(cut);
    },
  };
}

function register(app: FastifyInstance, route: Route): void {
  const { method, url, right, query, body } = route;
  app.route({
    method,
    url,
    config: { right },
    schema: { querystring: query, ...(body && { body }) },
    async handler({ params, query: given, body: content }, reply) {
      return send(reply, await route.handle({ params, query: given, body: content }));
    },
  });
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  // Lists of people and fresh passwords belong in nobody's cache.
  reply.header('cache-control', 'no-store');
  switch (answer.kind) {
    case 'ok':
      return reply.code(200).send(answer.value);
    case 'created':
      return reply.code(201).send(answer.value);
    case 'lines':
      return reply.type('application/x-ndjson; charset=utf-8').send(answer.lines);
    case 'problem':
      return sendProblem(reply, problem(answer.status, answer.detail));
    default:
      return answer satisfies never;
  }
}

function sendProblem(reply: FastifyReply, details: ProblemDetails): FastifyReply {
  return reply.code(details.status).type(PROBLEM_TYPE).send(JSON.stringify(details));
}
