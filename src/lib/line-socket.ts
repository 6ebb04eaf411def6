/**
 * JSON lines over a Unix socket. Either end asks (and is answered, in any order) or tells (and is not); this file knows
 * nothing of what they say.
 *
 *   {"ask":7,"what":"take","body":…}   {"answer":7,"body":…} or {"answer":7,"error":"…"}   {"what":"tell","body":…}
 *
 * Invariants: lines are handed to the handlers in the order in which they came, each synchronously up to its first
 * wait. Lines of one turn of the event loop leave in one write. A peer that breaks the form (no JSON, a line without
 * end, a body that a handler finds wrong) is cut; one that takes no answers is not listened to meanwhile.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { UnixSocket } from './endpoint.ts';
import { asFields, asNumber, asString, BadField, type Fields, parseFields } from './fields.ts';
import { messageOf } from './problem.ts';
import { publishSocket } from './socket-file.ts';

/** A message with a thousand recipients, each with a long reason, is far below. */
const LINE_BYTES = 8 * 1024 * 1024;
const UNSENT_BYTES = 16 * 1024 * 1024;
/** For a peer to take what is still on its way when we stop. */
const LAST_WORDS_MS = 1_000;

export interface Peer {
  /** Rejects with `PeerGone` when the connection ends before the answer, with `PeerFailure` when the other end failed. */
  ask(what: string, body: unknown): Promise<unknown>;
  /** Lost without a word when the connection is. */
  tell(what: string, body: unknown): void;
  /** Aborted when the connection has ended. */
  readonly gone: AbortSignal;
  /** Why it ended; null: it has not. */
  readonly problem: string | null;
  /** Sends what waits, then ends. */
  end(): void;
}

/** Both throw `BadField` for what breaks the form. */
export interface PeerHandlers {
  /** Resolves with the answer; what it throws is the asker's `PeerFailure`. */
  asked(what: string, body: unknown): Promise<unknown>;
  told(what: string, body: unknown): void;
}

/** The connection ended before the answer: whether the other end did anything is not known. */
export class PeerGone extends Error {
  override name = 'PeerGone';
}

/** The other end said that it failed. */
export class PeerFailure extends Error {
  override name = 'PeerFailure';
}

/** Throws a Problem that names `key` when the socket cannot be had. `accept` is called for each connection. */
export async function serveLines(deps: {
  readonly key: string;
  readonly endpoint: UnixSocket;
  readonly accept: (peer: Peer) => PeerHandlers;
}): Promise<AsyncDisposable> {
  const peers = new Set<{ readonly peer: Peer; readonly socket: Socket }>();
  const server = createServer((socket) => {
    const peer = createPeer(socket, deps.accept);
    const entry = { peer, socket };
    peers.add(entry);
    peer.gone.addEventListener('abort', () => peers.delete(entry));
  });
  const published = await publishSocket(deps.key, deps.endpoint, (path) => listen(server, path));
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { peer } of peers) peer.end();
      const timer = setTimeout(() => {
        for (const { socket } of peers) socket.destroy();
      }, LAST_WORDS_MS);
      await closed;
      clearTimeout(timer);
      await published[Symbol.asyncDispose]();
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Rejects with the system's error when nobody listens there. */
export function connectLines(path: string, accept: (peer: Peer) => PeerHandlers): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(createPeer(socket, accept));
    });
  });
}

function createPeer(socket: Socket, accept: (peer: Peer) => PeerHandlers): Peer {
  const gone = new AbortController();
  const outbox = createOutbox(socket);
  const questions = createQuestions();
  let problem: string | null = null;

  const cut = (reason: string): void => {
    if (problem !== null) return;
    problem = reason;
    socket.destroy();
    gone.abort();
    questions.drop(reason);
  };
  const cutFor = (error: unknown): void =>
    cut(error instanceof BadField ? `it broke the form: ${error.message}` : messageOf(error));

  const peer: Peer = {
    ask(what, body) {
      if (problem !== null) return Promise.reject(new PeerGone(problem));
      const { number, answer } = questions.open();
      outbox.put({ ask: number, what, body });
      return answer;
    },
    tell: (what, body) => outbox.put({ what, body }),
    gone: gone.signal,
    get problem() {
      return problem;
    },
    end() {
      outbox.flush();
      socket.destroySoon();
    },
  };
  const handlers = accept(peer);

  const answer = (number: number, result: Promise<unknown>): void => {
    result.then(
      (body) => outbox.put({ answer: number, body }),
      (error: unknown) => {
        if (error instanceof BadField) cutFor(error);
        else outbox.put({ answer: number, error: messageOf(error) });
      },
    );
  };

  const hear = (line: Fields): void => {
    if (line.answer !== undefined) questions.close(asNumber(line.answer, 'answer'), line);
    else if (line.ask === undefined) handlers.told(asString(line.what, 'what'), line.body);
    else answer(asNumber(line.ask, 'ask'), handlers.asked(asString(line.what, 'what'), line.body));
  };

  const read = createLineReader((text) => {
    if (problem === null) hear(asFields(parseFields(text), 'line'));
  });
  socket.on('data', (octets: Buffer) => {
    try {
      read(octets);
    } catch (error) {
      cutFor(error);
    }
  });
  socket.on('error', (error) => cut(messageOf(error)));
  socket.on('close', () => cut('the connection was closed'));
  return peer;
}

/** Lines on their way out. */
function createOutbox(socket: Socket): { put(line: object): void; flush(): void } {
  let unsent: string[] = [];
  const flush = (): void => {
    if (socket.destroyed || unsent.length === 0) return;
    socket.write(`${unsent.join('\n')}\n`);
    unsent = [];
    if (socket.writableLength <= UNSENT_BYTES || socket.isPaused()) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  };
  return {
    put(line) {
      if (socket.destroyed) return;
      if (unsent.length === 0) setImmediate(flush);
      unsent.push(JSON.stringify(line));
    },
    flush,
  };
}

/** What was asked and is not answered yet. */
function createQuestions() {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  return {
    open(): { readonly number: number; readonly answer: Promise<unknown> } {
      const question = Promise.withResolvers<unknown>();
      open.set(++count, question);
      return { number: count, answer: question.promise };
    },
    close(number: number, { body, error }: Fields): void {
      const question = open.get(number);
      if (!question) throw new BadField(`answer ${number}: nothing was asked`);
      open.delete(number);
      if (error === undefined) question.resolve(body);
      else question.reject(new PeerFailure(asString(error, 'error')));
    },
    drop(reason: string): void {
      for (const { reject } of open.values()) reject(new PeerGone(reason));
      open.clear();
    },
  };
}

/** Hands over whole lines; throws `BadField` when one does not end. */
function createLineReader(onLine: (text: string) => void): (octets: Buffer) => void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  return (octets) => {
    const end = octets.lastIndexOf(0x0a);
    const whole = end < 0 ? null : Buffer.concat([...held, octets.subarray(0, end)]).toString('utf8');
    if (whole !== null) {
      held = [];
      heldBytes = 0;
    }
    if (end + 1 < octets.length) {
      held.push(octets.subarray(end + 1));
      heldBytes += octets.length - end - 1;
    }
    for (const line of whole?.split('\n') ?? []) onLine(line);
    if (heldBytes > LINE_BYTES) throw new BadField('a line without end');
  };
}
