/**
 * Client of clamd's stream protocol (clamd(8), INSTREAM): one connection a scan, chunks with a length in front, one
 * answer ended by NUL.
 *
 * Written here because the `clamscan` package cannot keep our promises: it ignores back-pressure (a clamd that stops
 * reading puts the whole message into memory, P6), its time limit only half-closes the socket (a mute clamd holds the
 * scan for ever), it cannot be cancelled, and it takes every text that ends in ": OK" for clean (P3).
 *
 * Invariant: `clean` is answered for exactly "stream: OK", ended by NUL, after every octet was handed over.
 */
import { connect, type Socket } from 'node:net';
import { connectOptions, type Endpoint } from '../lib/endpoint.ts';
import { feed } from '../lib/feed.ts';
import { printable } from '../mail/reply.ts';
import type { ProbeAnswer, VirusScanner } from './scanner.ts';
import type { Unavailable, VirusAnswer } from './verdict.ts';

/** Answers are one line; what is longer is none. */
const ANSWER_LIMIT = 4_096;
const PROBE_MS = 5_000;

/** `timeoutMs`: for a whole scan, connecting included. */
export function createClamd(deps: { endpoint: Endpoint; timeoutMs: number }): VirusScanner {
  return {
    async scan(content, signal) {
      const source = await content();
      const call = openCall(deps.endpoint, AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]));
      try {
        call.socket.write('zINSTREAM\0');
        const sent = feed(source, call.socket, (chunk) => writeChunk(call.socket, chunk)).then((whole) => {
          if (whole) call.socket.write(Buffer.alloc(4));
          return whole;
        });
        // A clamd that closes early ends the sending too, so a broken source is the only rejection here.
        const [whole, reply] = await Promise.all([sent, call.reply]);
        return typeof reply === 'string' ? parseScanReply(reply, whole) : reply;
      } finally {
        source.destroy();
        call.socket.destroy();
      }
    },

    async probe() {
      const call = openCall(deps.endpoint, AbortSignal.timeout(PROBE_MS));
      call.socket.write('zVERSION\0');
      const reply = await call.reply;
      call.socket.destroy();
      return typeof reply === 'string' ? parseVersion(reply) : reply;
    },
  };
}

/** clamd takes a length of zero for the end of the stream. */
function writeChunk(socket: Socket, chunk: Buffer): boolean {
  if (chunk.length === 0) return true;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(chunk.length);
  socket.cork();
  socket.write(length);
  const more = socket.write(chunk);
  socket.uncork();
  return more;
}

interface Call {
  readonly socket: Socket;
  /** The answer without its NUL, or why there is none. Never rejects. */
  readonly reply: Promise<string | Unavailable>;
}

function openCall(endpoint: Endpoint, signal: AbortSignal): Call {
  const socket = connect(connectOptions(endpoint));
  let text = '';
  let failure: string | null = null;
  let late = false;
  const stop = (): void => {
    const timedOut = signal.reason?.name === 'TimeoutError';
    late = timedOut && failure === null && !socket.connecting;
    failure ??= timedOut ? 'no answer in time' : 'cancelled';
    socket.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  const reply = new Promise<string | Unavailable>((resolve) => {
    socket.on('data', (octets) => {
      text += octets.toString('latin1');
      const end = text.indexOf('\0');
      if (end >= 0) return resolve(text.slice(0, end));
      if (text.length > ANSWER_LIMIT) {
        failure ??= 'an answer without end';
        socket.destroy();
      }
    });
    socket.on('error', (error) => {
      failure ??= error.message;
    });
    // A peer that has said all it will say; without this a half-closed socket would stay.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      signal.removeEventListener('abort', stop);
      const heard = text === '' ? 'without an answer' : `after "${printable(text).slice(0, 100)}"`;
      const detail = failure ?? `the connection was closed ${heard}`;
      resolve({ kind: 'unavailable', detail, ...(late && { late }) });
    });
  });
  if (signal.aborted) stop();
  return { socket, reply };
}

/** `whole`: everything was handed over; an answer about less than that says nothing. */
export function parseScanReply(reply: string, whole: boolean): VirusAnswer {
  const unexpected: Unavailable = { kind: 'unavailable', detail: `"${printable(reply).slice(0, 200)}"` };
  if (!whole) return unexpected;
  if (reply === 'stream: OK') return { kind: 'clean' };
  const signature = /^stream: ([\x21-\x7e](?:[\x20-\x7e]{0,250}[\x21-\x7e])?) FOUND$/.exec(reply)?.[1];
  return signature === undefined ? unexpected : { kind: 'found', signature };
}

/** "ClamAV 1.4.3/27800/Tue Nov 18 09:29:42 2025"; the last two are missing when only local signatures are loaded. */
export function parseVersion(reply: string): ProbeAnswer {
  const match = /^ClamAV ([\w.+~-]{1,40})(?:\/(\d{1,10})(?:\/([\w :]{1,40}))?)?$/.exec(reply);
  if (!match) return { kind: 'unavailable', detail: `"${printable(reply).slice(0, 200)}"` };
  const [, program, database, date] = match;
  const at = date === undefined ? Number.NaN : Date.parse(date);
  return {
    kind: 'up',
    version: database === undefined ? `ClamAV ${program}` : `ClamAV ${program}/${database}`,
    signaturesAt: Number.isNaN(at) ? null : at,
  };
}
