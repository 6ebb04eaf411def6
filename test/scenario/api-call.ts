/** Plain HTTP to the API: its socket by path, its TCP port by number. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

export type Place = string | number;

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly headers: IncomingMessage['headers'];
  /** Of a JSON answer, else empty. */
  readonly body: Record<string, unknown>;
  readonly text: string;
}

export interface CallOptions {
  /** Text is sent as it is, everything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function call(
  at: Place,
  method: string,
  url: string,
  options: CallOptions = {},
): Promise<Reply> {
  const { body, headers } = options;
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await open(at, method, url, { ...content, ...headers }, (outgoing) => {
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  const type = response.headers['content-type'] ?? '';
  const isJson = type.includes('json') && !type.includes('ndjson');
  const status = response.statusCode ?? 0;
  return { status, type, headers: response.headers, body: isJson ? JSON.parse(text) : {}, text };
}

/** Resolves with the head of the answer. */
export function open(
  at: Place,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  send: (outgoing: ClientRequest) => void = (outgoing) => outgoing.end(),
): Promise<IncomingMessage> {
  const place = typeof at === 'string' ? { socketPath: at } : { host: '127.0.0.1', port: at };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...place, method, path: url, headers, agent: false }, resolve);
    outgoing.on('error', reject);
    send(outgoing);
  });
}
