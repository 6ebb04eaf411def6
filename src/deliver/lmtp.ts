/**
 * One LMTP connection (RFC 2033): commands in groups, replies in order, one for each recipient after the final dot.
 *
 * Written here because nodemailer's client keeps only the last of these replies and, when the connection is lost among
 * them, forgets those that came: a recipient already served would be served again, and nobody could say so.
 *
 * - The peer is bounded: long lines, endless replies and slow ones end the connection. A reply has a deadline, not an
 *   idle time, so that one octet a minute does not hold it.
 * - Lost is a value: `read` resolves with null once the connection is gone, and `lost` says why.
 */
import { connect } from 'node:net';
import { connectOptions, type Endpoint } from '../lib/endpoint.ts';
import { drained } from '../lib/feed.ts';
import { parseReply, printable, type Reply } from '../mail/reply.ts';

const LINE_LIMIT = 4_096;
const REPLY_LIMIT = 32_768;
/** Replies that came and were not read yet: those to a thousand recipients are far less. */
const UNREAD_LIMIT = 1_048_576;

export interface LmtpConnection extends Disposable {
  /** Why it is gone; null: it is there. */
  readonly lost: string | null;
  /** Whether another message may be sent: it is there, and no reply came that nothing asked for (421 while idle). */
  readonly usable: boolean;
  /** Keywords of the answer to LHLO, in capitals. */
  readonly extensions: ReadonlySet<string>;
  /** The replies in order; pipelined where the peer allows that (RFC 2033 §5). Null: lost before this reply. */
  commands(lines: readonly string[]): Promise<(Reply | null)[]>;
  /** One more reply; null: lost. */
  read(): Promise<Reply | null>;
  /** Hands octets over and waits while the peer does not take them; false: lost. */
  write(pieces: readonly Buffer[]): Promise<boolean>;
  /** Ends it without a word. */
  drop(reason: string): void;
}

export interface LmtpTarget {
  readonly endpoint: Endpoint;
  /** Our own name, for LHLO. */
  readonly hostname: string;
  /** For connecting, for each reply, and for each wait until the peer takes more octets; read with each. */
  readonly timeoutMs: number;
}

/** A connection after LHLO, or why there is none. */
export async function openLmtp(target: LmtpTarget, signal: AbortSignal): Promise<LmtpConnection | string> {
  const wire = openWire(target);
  const stop = (): void => wire.drop('cancelled');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const greeting = await wire.read();
    if (greeting?.code !== 220) return refused(wire, 'greeting', greeting);
    await wire.write([Buffer.from(`LHLO ${target.hostname}\r\n`)]);
    const hello = await wire.read();
    if (hello?.code !== 250) return refused(wire, 'LHLO', hello);
    const extensions = new Set(hello.lines.slice(1).map((line) => line.split(' ')[0]?.toUpperCase() ?? ''));
    return connection(wire, extensions);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function refused(wire: Wire, step: string, reply: Reply | null): string {
  const reason = reply ? `${step}: ${reply.code} ${reply.lines.join(' ')}` : (wire.lost() ?? 'lost');
  wire.drop(reason);
  return reason;
}

function connection(wire: Wire, extensions: ReadonlySet<string>): LmtpConnection {
  return {
    get lost() {
      return wire.lost();
    },
    get usable() {
      return wire.lost() === null && wire.unread() === 0;
    },
    extensions,
    async commands(lines) {
      const replies: (Reply | null)[] = [];
      if (extensions.has('PIPELINING')) {
        await wire.write([Buffer.from(lines.map((line) => `${line}\r\n`).join(''))]);
        for (const _ of lines) replies.push(await wire.read());
      } else {
        for (const line of lines) {
          await wire.write([Buffer.from(`${line}\r\n`)]);
          replies.push(await wire.read());
        }
      }
      return replies;
    },
    read: wire.read,
    write: wire.write,
    drop: wire.drop,
    [Symbol.dispose]: () => wire.quit(),
  };
}

interface Wire {
  lost(): string | null;
  /** Octets of replies that nobody has read. */
  unread(): number;
  read(): Promise<Reply | null>;
  write(pieces: readonly Buffer[]): Promise<boolean>;
  drop(reason: string): void;
  quit(): void;
}

function openWire(target: LmtpTarget): Wire {
  const socket = connect(connectOptions(target.endpoint));
  socket.setNoDelay(true);
  let lost: string | null = null;
  let buffered = '';
  const replies: { readonly reply: Reply; readonly length: number }[] = [];
  let unread = 0;
  let waiting: ((reply: Reply | null) => void) | null = null;

  const drop = (reason: string): void => {
    lost ??= printable(reason).slice(0, 300);
    socket.destroy();
    waiting?.(null);
  };
  const take = (): Reply | null => {
    const first = replies.shift();
    unread -= first?.length ?? 0;
    return first?.reply ?? null;
  };
  socket.on('error', (error) => drop(error.message));
  socket.on('end', () => drop('the connection was closed'));
  socket.on('close', () => drop('the connection was closed'));
  socket.on('data', (octets) => {
    buffered += octets.toString('latin1');
    for (let end = endOfReply(buffered); end > 0; end = endOfReply(buffered)) {
      replies.push({ reply: parseReply(buffered.slice(0, end)), length: end });
      unread += end;
      buffered = buffered.slice(end);
    }
    if (waiting && replies.length > 0) waiting(take());
    const unended = buffered.length - (buffered.lastIndexOf('\n') + 1);
    if (buffered.length > REPLY_LIMIT || unended > LINE_LIMIT || unread > UNREAD_LIMIT) {
      drop('a reply without end');
    }
  });

  return {
    lost: () => lost,
    unread: () => unread + buffered.length,
    drop,
    read() {
      if (replies.length > 0) return Promise.resolve(take());
      if (lost !== null) return Promise.resolve(null);
      return new Promise((resolve) => {
        const timer = setTimeout(() => drop('no reply in time'), target.timeoutMs);
        waiting = (reply) => {
          waiting = null;
          clearTimeout(timer);
          resolve(reply);
        };
      });
    },
    async write(pieces) {
      if (lost !== null) return false;
      socket.cork();
      let more = true;
      for (const piece of pieces) more = socket.write(piece);
      socket.uncork();
      if (more) return true;
      const timer = setTimeout(() => drop('the peer takes no more octets'), target.timeoutMs);
      await drained(socket);
      clearTimeout(timer);
      return lost === null;
    },
    quit() {
      lost ??= 'closed by us';
      socket.end('QUIT\r\n');
      socket.destroySoon();
    },
  };
}

/** The length of the first whole reply: its last line has no hyphen after the code (RFC 5321 §4.2.1). 0: not whole yet. */
function endOfReply(text: string): number {
  let from = 0;
  for (;;) {
    const end = text.indexOf('\n', from);
    if (end < 0) return 0;
    if (!/^\d{3}-/.test(text.slice(from, from + 4))) return end + 1;
    from = end + 1;
  }
}
