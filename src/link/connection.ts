/**
 * The worker's and the API's end of the receiver's socket: one connection, made again for ever when it is lost. The
 * receiver may be away for as long as it likes; whoever asks meanwhile waits or is told, as it likes.
 */
import { aborted } from '../lib/aborted.ts';
import type { Clock } from '../lib/clock.ts';
import { BadField } from '../lib/fields.ts';
import { connectLines, type Peer, type PeerHandlers } from '../lib/line-socket.ts';
import type { Log } from '../lib/log.ts';
import { Away, messageOf } from '../lib/problem.ts';
import { ask, type Hello } from './protocol.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;
/** A receiver that takes the connection and does not answer counts as away. */
const HELLO_MS = 5_000;

export interface Connection extends AsyncDisposable {
  /** Null: the receiver is away. */
  readonly peer: Peer | null;
  /** Why there is none, in one line; null: there is. */
  readonly problem: string | null;
  /** Rejects with an `Away` when the connection is disposed, or `signal` aborted, before there is one. */
  whenUp(signal?: AbortSignal): Promise<Peer>;
}

export interface ConnectionDeps {
  readonly path: string;
  readonly hello: Hello;
  /** Called for each connection before anybody else may use it. */
  readonly onUp: (peer: Peer) => void;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

export function openConnection(deps: ConnectionDeps): Connection {
  const { clock, log } = deps;
  const closing = new AbortController();
  let peer: Peer | null = null;
  let problem: string | null = 'not connected yet';
  let up = withoutReceiver();
  const loop = run();

  return {
    get peer() {
      return peer;
    },
    get problem() {
      return problem;
    },
    async whenUp(signal) {
      if (!signal) return up.promise;
      const given = aborted(signal).then(() => {
        throw new Away(problem ?? 'not waited for');
      });
      return Promise.race([up.promise, given]);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      up.reject(new Away('this process stops'));
      peer?.end();
      await loop;
    },
  };

  async function run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!closing.signal.aborted) {
      const made = await connectOnce();
      if (made) {
        pauseMs = FIRST_PAUSE_MS;
        await serve(made);
      }
      await clock.sleep(pauseMs, closing.signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async function connectOnce(): Promise<Peer | null> {
    let made: Peer | null = null;
    try {
      made = await connectLines(deps.path, mute);
      const answered = new AbortController();
      const late = clock.sleep(HELLO_MS, answered.signal).then(() => {
        throw new Error('the receiver does not answer');
      });
      await Promise.race([ask(made, 'hello', deps.hello), late]).finally(() => answered.abort());
      return made;
    } catch (error) {
      made?.end();
      down(messageOf(error));
      return null;
    }
  }

  async function serve(made: Peer): Promise<void> {
    if (closing.signal.aborted) return made.end();
    log.info({ path: deps.path }, 'link: the receiver is there');
    peer = made;
    problem = null;
    // At once: nobody may be given a connection that has ended.
    made.gone.addEventListener('abort', () => {
      peer = null;
      if (closing.signal.aborted) return;
      up = withoutReceiver();
      down(made.problem ?? 'the connection was closed');
    });
    deps.onUp(made);
    up.resolve(made);
    await aborted(made.gone);
  }

  /** Each problem is reported once. */
  function down(why: string): void {
    if (why !== problem && !closing.signal.aborted)
      log.warn({ error: why }, 'link: the receiver is away; waiting for it');
    problem = why;
  }
}

/** Nobody may be waiting for it when it is rejected. */
function withoutReceiver(): PromiseWithResolvers<Peer> {
  const up = Promise.withResolvers<Peer>();
  up.promise.catch(() => {});
  return up;
}

/** The receiver only answers. */
function mute(): PeerHandlers {
  const refuse = (what: string): never => {
    throw new BadField(`${what}: nobody asked`);
  };
  return { asked: async (what) => refuse(what), told: refuse };
}
