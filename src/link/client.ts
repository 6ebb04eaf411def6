/**
 * The link of a worker or an API in a process of its own, over the receiver's socket. While the receiver is away
 * nothing is taken, notes wait, and everything else rejects with an `Away`.
 *
 * A verdict whose answer was lost with the connection rejects, too: whether its session still refuses the message only
 * the next receiver's spool can tell, so the message is taken again, and scanned again if it is still there.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { type Files, systemFiles } from '../lib/durable-file.ts';
import type { UnixSocket } from '../lib/endpoint.ts';
import { type Peer, PeerGone } from '../lib/line-socket.ts';
import type { Log } from '../lib/log.ts';
import { Away } from '../lib/problem.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { CommitResult, Enter } from '../spool/spool.ts';
import { type Connection, openConnection } from './connection.ts';
import { createNotes } from './notes.ts';
import { ask, type Questions, tell } from './protocol.ts';
import type { ControlLink, WorkLink } from './receiver.ts';
import type { WorkerReport } from './reports.ts';
import { createTakenMessages } from './taken-messages.ts';

export interface RemoteLink extends AsyncDisposable {
  readonly work: WorkLink;
  readonly control: ControlLink;
  readonly connected: boolean;
  /** Why not, in one line; null: it is. */
  readonly problem: string | null;
  /** Rejects with an `Away` when `signal` is aborted before. */
  whenConnected(signal?: AbortSignal): Promise<void>;
}

export interface LinkDeps {
  readonly endpoint: UnixSocket;
  readonly version: string;
  /** Of this process. One without `work` takes nothing. */
  readonly roles: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** For tests. */
  readonly files?: Files;
}

const CHUNK_BYTES = 64 * 1024;
/** People wait for what they ask of the receiver. */
const CONTROL_MS = 30_000;
/** How it is it knows at once; who asks may be a probe with little patience. */
const REPORT_MS = 3_000;
const LOST = AbortSignal.abort();

/** Does not wait for the receiver. Disposed after the runner: what was not noted by then never will be. */
export function connectLink(deps: LinkDeps): RemoteLink {
  const { endpoint, version, roles } = deps;
  let last: WorkerReport | null = null;
  const connection = openConnection({
    ...deps,
    path: endpoint.path,
    hello: { version, roles },
    onUp(peer) {
      notes.resend(peer);
      if (last) tell(peer, 'report', last);
    },
  });
  const notes = createNotes(connection);
  const enter = createRemoteEnter(connection);
  const taken = createTakenMessages({ connection, notes, files: deps.files ?? systemFiles });

  const work: WorkLink = {
    ...taken,
    enter,
    verdicts: {
      report: (id, verdict) => question(connection, 'verdict', { id, verdict }),
      giveUp(id) {
        if (connection.peer) tell(connection.peer, 'give-up', id);
      },
    },
    session: () => connection.peer?.gone ?? LOST,
    tell(report) {
      last = report;
      if (connection.peer) tell(connection.peer, 'report', report);
    },
  };
  return {
    work,
    control: createControl(connection, enter, deps.clock),
    get connected() {
      return connection.peer !== null;
    },
    get problem() {
      return connection.problem;
    },
    async whenConnected(signal) {
      await connection.whenUp(signal);
    },
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      notes[Symbol.dispose]();
    },
  };
}

function createControl(connection: Connection, enter: Enter, clock: Clock): ControlLink {
  const inTime = async <What extends keyof Questions>(
    what: What,
    body: Questions[What]['ask'],
    ms = CONTROL_MS,
  ) => {
    const answered = new AbortController();
    const late = clock.sleep(ms, answered.signal).then(() => {
      throw new Away('the receiver does not answer');
    });
    return Promise.race([question(connection, what, body), late]).finally(() => answered.abort());
  };
  return {
    enter,
    report: () => inTime('report', null, REPORT_MS),
    queue: {
      list: (filter, limit) => inTime('queue-list', { filter, limit }),
      get: (id) => inTime('queue-get', id),
      change: (act, ids, by) => inTime('queue-change', { act, ids, by }),
    },
  };
}

/** Asks the receiver that is there. */
async function question<What extends keyof Questions>(
  connection: Connection,
  what: What,
  body: Questions[What]['ask'],
): Promise<Questions[What]['answer']> {
  try {
    return await ask(peerOf(connection), what, body);
  } catch (error) {
    throw error instanceof PeerGone ? new Away(error.message) : error;
  }
}

function peerOf({ peer, problem }: Connection): Peer {
  if (peer) return peer;
  throw new Away(problem === null ? 'the receiver is away' : `the receiver is away: ${problem}`);
}

/** Never tried again by itself: the receiver may have stored it before its answer was lost. */
function createRemoteEnter(connection: Connection): Enter {
  let count = 0;
  return async (envelope, content) => {
    const number = ++count;
    try {
      return await send(peerOf(connection), number, envelope, content);
    } catch (error) {
      throw error instanceof PeerGone ? new Away(error.message) : error;
    } finally {
      content.destroy();
    }
  };
}

async function send(
  peer: Peer,
  number: number,
  envelope: Envelope,
  content: Readable,
): Promise<CommitResult> {
  tell(peer, 'enter-begin', { number, envelope });
  try {
    for await (const chunk of content) {
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
        const base64 = chunk.toString('base64', at, at + CHUNK_BYTES);
        await ask(peer, 'enter-chunk', { number, base64 });
      }
    }
  } catch (error) {
    tell(peer, 'enter-abort', number);
    throw error;
  }
  return ask(peer, 'enter-end', number);
}
