/**
 * The server's API, asked over its socket. Whatever goes wrong comes out as a Problem: no server, no right, or the
 * server's own one-line answer.
 */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { type Endpoint, formatEndpoint } from '../lib/endpoint.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';

const ANSWER_MS = 120_000;

/** The server answered that it cannot or will not. */
export class Refusal extends Problem {
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** What is promised of an answer is the API's contract (http/resources.ts): both ends are of one version. */
export interface ApiClient {
  get<T extends object>(path: string): Promise<T>;
  post<T extends object>(path: string, body?: object): Promise<T>;
  patch<T extends object>(path: string, body: object): Promise<T>;
  delete<T extends object>(path: string): Promise<T>;
  /** JSON values, one a line, until the server ends the stream or the signal is aborted. */
  lines<T extends object>(path: string, signal: AbortSignal): AsyncIterable<T>;
}

/** `endpoint` is asked for at the first call, so that commands which need no server need no settings. `stop`: ends the wait. */
export function createApiClient(endpoint: () => Endpoint, stop?: AbortSignal): ApiClient {
  async function ask<T extends object>(method: string, path: string, body?: object): Promise<T> {
    const response = await send(
      endpoint(),
      { method, path, timeout: ANSWER_MS, ...(stop && { signal: stop }) },
      body,
    );
    return parseObject(await textOf(response, endpoint())) as T;
  }
  return {
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
    patch: (path, body) => ask('PATCH', path, body),
    delete: (path) => ask('DELETE', path),
    async *lines<T extends object>(path: string, signal: AbortSignal) {
      let response: IncomingMessage | null = null;
      try {
        response = await send(endpoint(), { method: 'GET', path, signal });
        for await (const line of linesOf(response)) yield parseObject(line) as T;
      } catch (error) {
        if (signal.aborted) return;
        throw error instanceof Problem ? error : noAnswer(error, endpoint());
      } finally {
        response?.destroy();
      }
    },
  };
}

/** A path with its query; what is null is left out, lists are repeated. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | readonly string[] | null>>,
): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null) continue;
    for (const each of [value].flat()) given.append(name, String(each));
  }
  return given.size === 0 ? path : `${path}?${given}`;
}

/** Resolves with the head of a good answer. */
async function send(endpoint: Endpoint, options: RequestOptions, body?: object): Promise<IncomingMessage> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing: ClientRequest = request({
      ...options,
      ...(endpoint.kind === 'unix'
        ? { socketPath: endpoint.path }
        : { host: endpoint.host, port: endpoint.port }),
      agent: false,
      headers: content === undefined ? {} : { 'content-type': 'application/json' },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', (error) => reject(noAnswer(error, endpoint)));
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer for ${ANSWER_MS / 1000} s`)));
    outgoing.end(content);
  });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const detail = detailOf(await textOf(response, endpoint));
  throw new Refusal(status, detail ?? `the server answers with HTTP status ${status}`);
}

async function textOf(response: IncomingMessage, endpoint: Endpoint): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
  } catch (error) {
    throw noAnswer(error, endpoint);
  }
  return text;
}

/** Lines that are not empty. The next is read only when the last is dealt with. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

function noAnswer(error: unknown, endpoint: Endpoint): Problem {
  const place = formatEndpoint(endpoint);
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new Problem(`no server answers at ${place}; start it with "npm run up" or geganti up`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Problem(`no right to open ${place}; run geganti as the server's owner or as root`);
  }
  return new Problem(`the server at ${place} broke off: ${messageOf(error)}`);
}

function parseObject(text: string): object {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {}
  if (typeof value === 'object' && value !== null) return value;
  throw new Problem('the server answers something that is not JSON; is it another program?');
}

/** The one line of a problem (RFC 9457); null: the answer is none. */
function detailOf(text: string): string | null {
  try {
    const value = parseObject(text);
    return 'detail' in value && typeof value.detail === 'string' ? value.detail : null;
  } catch {
    return null;
  }
}
