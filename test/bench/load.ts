/**
 * An SMTP load generator on raw sockets: so many messages of one size over so many connections, one command at a
 * time, with the time from MAIL to the final reply. Every message differs, so that no scanner's cache helps.
 */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly count: number;
  readonly sizeBytes: number;
  /** Taken in turn. */
  readonly recipients: readonly string[];
  readonly sender: string;
}

export interface LoadResult {
  readonly accepted: number;
  /** Replies that were not the expected ones, with how often each came. */
  readonly refused: ReadonlyMap<string, number>;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Below the server's limit of messages in one session. */
const MESSAGES_PER_CONNECTION = 90;

export async function runLoad(load: Load): Promise<LoadResult> {
  const refused = new Map<string, number>();
  const times: number[] = [];
  let next = 0;
  const started = performance.now();

  const lane = async (): Promise<void> => {
    while (next < load.count) {
      const session = await openSession(load.port);
      for (let i = 0; i < MESSAGES_PER_CONNECTION && next < load.count; i++) {
        const serial = next++;
        const begun = performance.now();
        const reply = await sendOne(session, load, serial);
        if (reply.startsWith('250')) times.push(performance.now() - begun);
        else refused.set(reply, (refused.get(reply) ?? 0) + 1);
      }
      session.close();
    }
  };
  await Promise.all(Array.from({ length: load.connections }, lane));

  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const quantile = (part: number): number => times[Math.floor(times.length * part)] ?? Number.NaN;
  return {
    accepted: times.length,
    refused,
    seconds,
    perSecond: times.length / seconds,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
  };
}

interface Session {
  say(text: string | Buffer): Promise<string>;
  close(): void;
}

async function openSession(port: number): Promise<Session> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const replies = readReplies(socket);
  const say = async (text: string | Buffer): Promise<string> => {
    socket.write(text);
    return await replies();
  };
  expectCode(await replies(), '220');
  expectCode(await say('EHLO bench.example\r\n'), '250');
  return { say, close: () => void socket.end('QUIT\r\n') };
}

async function sendOne(session: Session, load: Load, serial: number): Promise<string> {
  const recipient = load.recipients[serial % load.recipients.length];
  for (const [command, code] of [
    [`MAIL FROM:<${load.sender}>\r\n`, '250'],
    [`RCPT TO:<${recipient}>\r\n`, '250'],
    ['DATA\r\n', '354'],
  ] as const) {
    const reply = await session.say(command);
    if (reply.startsWith(code)) continue;
    await session.say('RSET\r\n');
    return reply;
  }
  return await session.say(message(load, recipient ?? '', serial));
}

function message(load: Load, recipient: string, serial: number): Buffer {
  const unique = randomBytes(12).toString('hex');
  const head =
    `From: <${load.sender}>\r\nTo: <${recipient}>\r\nSubject: Bench ${serial} ${unique}\r\n` +
    `Message-ID: <${unique}@bench.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0800\r\n` +
    `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n`;
  const line = `${unique} the office will be closed on Friday for the audit of files\r\n`;
  const body = line.repeat(Math.max(1, Math.ceil((load.sizeBytes - head.length) / line.length)));
  return Buffer.from(`${head}${body}.\r\n`, 'latin1');
}

/** One complete reply per call: its last line. */
function readReplies(socket: Socket): () => Promise<string> {
  let text = '';
  let ended: Error | null = null;
  let waiter: { resolve(line: string): void; reject(error: Error): void } | null = null;
  const look = (): void => {
    const found = /^\d{3}(?: [^\r\n]*)?\r?\n/m.exec(text);
    if (!waiter) return;
    if (found) {
      text = text.slice(found.index + found[0].length);
      waiter.resolve(found[0].trim());
      waiter = null;
    } else if (ended) waiter.reject(ended);
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  const end = (error?: Error): void => {
    ended = error ?? new Error('the server closed the connection');
    look();
  };
  socket.on('error', end);
  socket.on('close', () => end());
  return () =>
    new Promise((resolve, reject) => {
      waiter = { resolve, reject };
      look();
    });
}

function expectCode(reply: string, code: string): void {
  if (!reply.startsWith(code)) throw new Error(`expected ${code}, got: ${reply}`);
}
