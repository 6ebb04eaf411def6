/**
 * The library's part: smtp-server reads and un-stuffs DATA, does STARTTLS and the bookkeeping of sockets; commands,
 * texts and decisions are the session's. The only importer of smtp-server.
 *
 * Why its classes are extended and its handlers not used, each point measured against 3.21.6 (pinned, since this
 * leans on members that are public but not documented):
 * - it takes a lone LF for the end of a command, runs commands that were sent together with DATA's body, and runs
 *   a last line without line end when the client closes (`_write` of its stream);
 * - its texts are its own, in English, with inner error messages in them, and decide between 4xx and 5xx by place;
 * - it turns recipients' domains into Unicode and takes base64 for what is none before a handler sees either;
 * - its clock is idle time only: a command, a TLS handshake or a message may take for ever;
 * - it waits a fixed 100 ms before its banner.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { Limits } from '../config/settings.ts';
import type { CertificatePair } from '../lib/certificate-pair.ts';
import type { Log } from '../lib/log.ts';
import type { Reply } from '../mail/reply.ts';
import { cutLine } from './cut-line.ts';
import { replies, toLines } from './replies.ts';
import type { Answer, Link, Session } from './session-types.ts';

/** Long enough for octets that were sent blindly to arrive before the banner does (RFC 5321 §3.1). */
const GREETING_DELAY_MS = 10;
const EMPTY = Buffer.alloc(0);

export interface DoorServer {
  /** Takes over an accepted socket; a TLS socket when its handshake is done. `closed` is called once, at its end. */
  accept(socket: Socket | TLSSocket, closed: () => void): void;
  /** For STARTTLS from now on. */
  renew(pair: CertificatePair): void;
  /** Destroys what is still open. */
  destroy(): void;
}

export interface DoorServerOptions {
  readonly hostname: string;
  /** TLS from the first octet on. */
  readonly implicitTls: boolean;
  readonly tls: CertificatePair;
  readonly limits: Pick<Limits, 'idleMs' | 'commandMs' | 'handshakeMs'>;
  readonly log: Log;
  readonly openSession: (link: Link) => Session;
}

/** For every context of TLS that serves a door. */
export const TLS_OPTIONS = {
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;

export function createDoorServer(options: DoorServerOptions): DoorServer {
  const open = new Set<DoorConnection>();
  const server = new SMTPServer({
    name: options.hostname,
    secure: options.implicitTls,
    secured: options.implicitTls,
    cert: options.tls.cert,
    key: options.tls.key,
    ...TLS_OPTIONS,
    disableReverseLookup: true,
    socketTimeout: options.limits.idleMs,
    logger: false,
  });
  server.on('error', (error: Error) => options.log.debug({ err: error }, 'connection failed'));
  return {
    accept(socket, closed) {
      const connection = new DoorConnection(server, socket, options);
      open.add(connection);
      // Not the socket's own event: at STARTTLS the library takes all listeners off the socket.
      connection.once('closed', () => {
        open.delete(connection);
        closed();
      });
      connection.on('error', (error: Error) => options.log.debug({ err: error }, 'connection failed'));
      connection.init();
    },
    renew: ({ cert, key }) => server.updateSecureContext({ cert, key }),
    destroy() {
      for (const connection of open) connection.destroy();
    },
  };
}

/** What a line reader asks of its connection. */
interface LineOwner {
  readonly ready: boolean;
  lineLimit(start: Buffer): number;
  /** `next` goes on with what lies behind the line. */
  line(line: Buffer, more: boolean, control: boolean, next: () => void): void;
  /** A line has begun, and has not ended yet. */
  waiting(): void;
  breach(reply: Reply): void;
}

/** The library's stream for DATA; commands are cut off by ours. */
class LineReader extends SMTPStream {
  readonly #owner: LineOwner;
  #pending: Buffer = EMPTY;
  /** Octets of the chunk that the stream machinery has given us and not got back; null: none. */
  #current: number | null = null;

  constructor(owner: LineOwner) {
    super();
    this.#owner = owner;
  }

  override _write(
    chunk: Buffer,
    encoding: BufferEncoding | 'buffer',
    next: (error?: Error | null) => void,
  ): void {
    if (this.#current === null) {
      this.#current = chunk.length;
      const done = next;
      next = (error) => {
        this.#current = null;
        done(error);
      };
    }
    if (this.isClosed || chunk.length === 0) next();
    else if (this._dataMode) super._write(chunk, encoding, next);
    else if (!this.#owner.ready) this.#owner.breach(replies.early);
    else this.#readLines(this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]), next);
  }

  /** One command after the other; each goes on when the one before it is answered. */
  #readLines(octets: Buffer, done: () => void): void {
    let rest = octets;
    let running = false;
    let again = false;
    const step = (): void => {
      // A command that is answered at once calls back from within: a loop, for a recursion would have no bound.
      again = true;
      if (running) return;
      running = true;
      while (again) {
        again = false;
        rest = this.#readLine(rest, step, done);
      }
      running = false;
    };
    step();
  }

  /** Takes one line off; returns what lies behind it. Calls `done` when there is no whole line any more. */
  #readLine(octets: Buffer, step: () => void, done: () => void): Buffer {
    this.#pending = EMPTY;
    if (this.isClosed || octets.length === 0) {
      done();
      return EMPTY;
    }
    const cut = cutLine(octets, this.#owner.lineLimit(octets));
    switch (cut.kind) {
      case 'breach':
        this.#owner.breach(cut.reply);
        return EMPTY;
      case 'partial':
        this.#pending = octets;
        this.#owner.waiting();
        done();
        return EMPTY;
      case 'line':
        this.#owner.line(cut.line, cut.rest.length > 0 || this.#hasQueued(), cut.control, step);
        return cut.rest;
      default:
        throw new Error(`unknown cut ${cut satisfies never}`);
    }
  }

  #hasQueued(): boolean {
    return this.writableLength > (this.#current ?? 0);
  }
}

class DoorConnection extends SMTPConnection {
  readonly #session: Session;
  readonly #limits: DoorServerOptions['limits'];
  #lineTimer: NodeJS.Timeout | undefined;
  #handshakeTimer: NodeJS.Timeout | undefined;
  /** The TLS socket of a STARTTLS, from the beginning of its handshake. */
  #top: TLSSocket | null = null;

  constructor(server: SMTPServer, socket: Socket | TLSSocket, options: DoorServerOptions) {
    super(server, socket, {} satisfies SMTPConnectionOptions);
    this.#limits = options.limits;
    this.#session = options.openSession({
      address: this.remoteAddress,
      tls: socket instanceof TLSSocket ? describeTls(socket) : null,
      end: (reply) => this.#end(reply),
    });
  }

  override init(): void {
    this._setListeners(() => {
      setTimeout(() => this.connectionReady(), GREETING_DELAY_MS).unref();
    });
  }

  override _sendGreeting(): void {
    this.#say(this.#session.greeting);
  }

  override _createParser(): SMTPStream {
    const isReady = (): boolean => this._ready;
    return new LineReader({
      get ready() {
        return isReady();
      },
      lineLimit: (start) => this.#session.lineLimit(start),
      line: (line, more, control, next) => this.#line(line, more, control, next),
      waiting: () => {
        this.#lineTimer ??= setTimeout(() => this.#breach(replies.tooSlow), this.#limits.commandMs);
      },
      breach: (reply) => this.#breach(reply),
    });
  }

  #line(line: Buffer, more: boolean, control: boolean, next: () => void): void {
    clearTimeout(this.#lineTimer);
    this.#lineTimer = undefined;
    this._handlerPending = true;
    const answer = this.#session.command(line, more, control);
    if (answer instanceof Promise) void answer.then((given) => this.#carryOut(given, next));
    else this.#carryOut(answer, next);
  }

  #carryOut(answer: Answer, next: () => void): void {
    this._handlerPending = false;
    this.#say(answer.reply);
    switch (answer.next) {
      case 'go-on':
        this._whenWritable(next);
        break;
      case 'close':
        this.close();
        next();
        break;
      case 'starttls':
        this.upgrade(next);
        break;
      case 'data':
        this.#receive();
        next();
        break;
      default:
        throw new Error(`unknown answer ${answer.next satisfies never}`);
    }
  }

  #receive(): void {
    const reader = this._parser;
    if (!reader) return;
    const content = reader.startDataMode();
    // Known to the library, which ends it with an error when the client leaves, and keeps its idle clock from
    // running while the client waits for us.
    this._dataStream = content;
    void this.#session.data(content).then((answer) => {
      this._dataStream = false;
      this.#say(answer.reply);
      if (answer.farewell) this.#say(answer.farewell);
      if (answer.next === 'close') this.close();
      else if (this._parser) this._parser.continue();
    });
  }

  #end(reply: Reply): void {
    if (this._closing || this._closed) return;
    this.#say(reply);
    this.close();
  }

  #breach(reply: Reply): void {
    this.#session.breach('', reply);
    this.#end(reply);
  }

  #say(reply: Reply): void {
    super.send(reply.code, toLines(reply), false);
  }

  /** The library's own words: an idle client, a stream that failed. */
  override send(code: number): void {
    this.#say(code === 421 ? replies.idle : replies.internal);
  }

  override _getEnhancedStatusCode(): string {
    return '';
  }

  /** Called for the TLS socket when a handshake begins; there is no other way to reach it. */
  override _armTimeout(socket: Socket = this._socket): void {
    super._armTimeout(socket);
    // The library keeps the time that it was made with.
    socket.setTimeout(this.#limits.idleMs);
    if (!this._upgrading || !(socket instanceof TLSSocket)) return;
    this.#top = socket;
    this.#handshakeTimer = setTimeout(() => socket.destroy(), this.#limits.handshakeMs);
    socket.once('secure', () => {
      clearTimeout(this.#handshakeTimer);
      this.#session.secured(describeTls(socket));
    });
  }

  /** In a handshake nothing can be said any more. */
  override close(): void {
    if (this._upgrading) this.destroy();
    else super.close();
  }

  /** The TLS socket, not the one below it: tearing that down in a handshake can crash Node. */
  destroy(): void {
    (this.#top ?? this._socket).destroy();
  }

  override _onClose(): void {
    super._onClose();
    clearTimeout(this.#lineTimer);
    clearTimeout(this.#handshakeTimer);
    this.#session.closed();
    this.emit('closed');
  }
}

function describeTls(socket: TLSSocket): string {
  return `${socket.getProtocol() ?? 'TLS'} ${socket.getCipher().name}`;
}
