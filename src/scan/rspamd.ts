/**
 * Client of rspamd's HTTP interface: POST /checkv2 with the message as body and what is known of it in header fields.
 * Connections are kept and used again; one that rspamd closed meanwhile costs one second try on a fresh one.
 */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Endpoint } from '../lib/endpoint.ts';
import { feed } from '../lib/feed.ts';
import type { Envelope } from '../mail/envelope.ts';
import { printable } from '../mail/reply.ts';
import { parseSpamReply, type SpamThresholds } from './rspamd-answer.ts';
import type { Content, SpamFilter } from './scanner.ts';
import type { Unavailable } from './verdict.ts';

const ANSWER_LIMIT = 1_048_576;
const PROBE_MS = 5_000;
/** rspamd reads header fields into one bounded buffer; more recipients than these tell it nothing new. */
const RECIPIENT_FIELDS = 100;

/** `timeoutMs`: for a whole scan. `hostname`: our own name. */
export function createRspamd(deps: {
  endpoint: Endpoint;
  timeoutMs: number;
  hostname: string;
  /** Read for each message; absent: rspamd's own. */
  thresholds?: () => SpamThresholds;
}): SpamFilter & Disposable {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 4 });
  const target =
    deps.endpoint.kind === 'unix'
      ? { socketPath: deps.endpoint.path }
      : { host: deps.endpoint.host, port: deps.endpoint.port };

  async function attempt(envelope: Envelope, content: Content, signal: AbortSignal): Promise<Exchange> {
    const source = await content();
    const headers = { ...scanHeaders(envelope, deps.hostname), 'Content-Length': envelope.sizeBytes };
    const call = request({ ...target, agent, method: 'POST', path: '/checkv2', headers, signal });
    const answer = answerOf(call, signal);
    let seen = 0;
    let last: Buffer | null = null;
    try {
      const whole = await feed(source, call, (chunk) => {
        const previous = last;
        last = chunk;
        seen += chunk.length;
        return previous === null || seen > envelope.sizeBytes || call.write(previous);
      });
      // More or less than announced would be read as part of the next request on this connection.
      if (whole && seen !== envelope.sizeBytes)
        throw new Error(`read ${seen} octets of ${envelope.sizeBytes}`);
      // The last octets and the end in one write: rspamd may answer and close the moment it has all, and a write of
      // nothing after that fails (EPIPE) and takes the answer with it.
      if (whole) call.end(last);
    } catch (error) {
      call.destroy();
      throw error;
    }
    return await answer;
  }

  return {
    async scan(envelope, content, signal) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]);
      let exchange = await attempt(envelope, content, until);
      if (exchange.kind === 'stale') exchange = await attempt(envelope, content, until);
      if (exchange.kind === 'answered')
        return parseSpamReply(exchange.status, exchange.body, deps.thresholds?.());
      return exchange.failure;
    },

    async probe() {
      const signal = AbortSignal.timeout(PROBE_MS);
      // Without the agent: a fresh connection tells whether rspamd takes one.
      const call = request({ ...target, agent: false, path: '/ping', signal });
      call.end();
      const exchange = await answerOf(call, signal);
      if (exchange.kind !== 'answered') return exchange.failure;
      if (exchange.status !== 200 || exchange.body.trim() !== 'pong') {
        return unavailable(`HTTP ${exchange.status}: ${exchange.body}`);
      }
      return { kind: 'up', version: exchange.server, signaturesAt: null };
    },

    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Addresses are ASCII without spaces by their type; the name in EHLO is the client's own choice. */
function scanHeaders(envelope: Envelope, hostname: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    'Queue-Id': envelope.id,
    'MTA-Name': hostname,
    From: `<${envelope.sender ?? ''}>`,
    Rcpt: envelope.recipients.slice(0, RECIPIENT_FIELDS).map((recipient) => `<${recipient.address}>`),
  };
  if (envelope.client) {
    headers.IP = envelope.client.address;
    headers.Helo = printable(envelope.client.helo);
  }
  if (envelope.login) headers.User = envelope.login.address;
  return headers;
}

type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: string;
      readonly server: string | null;
    }
  /** A kept connection turned out to be dead before a word came back. */
  | { readonly kind: 'stale'; readonly failure: Unavailable }
  | { readonly kind: 'failed'; readonly failure: Unavailable };

/** Never rejects. */
function answerOf(call: ClientRequest, signal: AbortSignal): Promise<Exchange> {
  return new Promise((resolve) => {
    let answering = false;
    let connected = false;
    const fail = (detail: string): void => {
      const stale = call.reusedSocket && !answering && !signal.aborted;
      const failure = signal.aborted ? broken() : unavailable(detail);
      resolve({ kind: stale ? 'stale' : 'failed', failure });
    };
    const broken = (): Unavailable => {
      if (signal.reason?.name !== 'TimeoutError') return unavailable('cancelled');
      return { ...unavailable('no answer in time'), ...(connected && { late: true }) };
    };
    call.on('socket', (socket) => {
      const taken = (): void => {
        connected = true;
      };
      if (socket.connecting) socket.once('connect', taken);
      else taken();
    });
    call.on('error', (error) => fail(error.message));
    call.on('close', () => {
      if (!answering) fail('the connection was closed without an answer');
    });
    call.on('response', (response) => {
      answering = true;
      // A verdict about less than the whole message says nothing.
      const early = !call.writableEnded;
      readAnswer(response).then(
        (answer) =>
          early ? fail(`HTTP ${response.statusCode} before the end of the message`) : resolve(answer),
        (error: Error) => fail(error.message),
      );
      if (early) call.destroy();
    });
  });
}

async function readAnswer(response: IncomingMessage): Promise<Exchange> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > ANSWER_LIMIT) throw new Error('an answer without end');
    chunks.push(chunk);
  }
  const server = response.headers.server;
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks).toString('utf8'),
    server: server === undefined ? null : printable(String(server)).slice(0, 80),
  };
}

function unavailable(detail: string): Unavailable {
  return { kind: 'unavailable', detail: printable(detail).slice(0, 200) };
}
