/**
 * One connection at the receiver's socket: a worker, an API or both. What it took is handed out again when it ends.
 *
 * Invariant: questions act on spool and queue in the order in which they came (each before its first wait), so a `take`
 * sees every note that was sent before it.
 */
import { BadField } from '../lib/fields.ts';
import type { Peer, PeerHandlers } from '../lib/line-socket.ts';
import type { Log } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Queue, QueuePage } from '../queue/queue.ts';
import type { VerdictReports } from '../queue/verdicts.ts';
import type { Enter, Spool, SpooledMessage } from '../spool/spool.ts';
import {
  asChange,
  asDone,
  asHello,
  asId,
  asListing,
  asNote,
  asReportedVerdict,
  asStageJob,
  asWorkerReport,
} from './form.ts';
import type { Note, Notices, Questions, StageJob, TakenMessage } from './protocol.ts';
import { createEntries } from './received-entries.ts';
import type { ReceiverReport, WorkerReport } from './reports.ts';

/** Octets of one answer about the queue; a page that would be longer ends sooner. */
const PAGE_BYTES = 4 * 1024 * 1024;

export interface ServedPeerDeps {
  readonly queue: Omit<Queue, keyof AsyncDisposable>;
  readonly spool: Pick<Spool, 'get' | 'place' | 'checkContent' | 'setVerdict' | 'defer' | 'settle'>;
  readonly verdicts: VerdictReports;
  readonly enter: Enter;
  readonly report: () => ReceiverReport | Promise<ReceiverReport>;
  readonly version: string;
  readonly log: Log;
}

/** A connection after its `hello`. */
export interface ServedPeer {
  readonly roles: readonly string[];
  /** The last one that it told; null: none. */
  readonly worker: WorkerReport | null;
}

type Answers = { [What in keyof Questions]: (body: unknown) => Promise<Questions[What]['answer']> };
type Ears = { [What in keyof Notices]: (body: unknown) => void };

/** `greeted` is called when the hello was right. */
export function servePeer(
  deps: ServedPeerDeps,
  peer: Peer,
  greeted: (served: ServedPeer) => void,
): PeerHandlers {
  const { queue, log } = deps;
  const taken = new Set<MessageId>();
  const entries = createEntries(deps.enter, peer.gone);
  let served: { roles: readonly string[]; worker: WorkerReport | null } | null = null;

  peer.gone.addEventListener('abort', () => {
    const { problem } = peer;
    if (!served) return log.warn({ error: problem }, 'link: a connection ended before it was let in');
    log.info({ roles: served.roles, error: problem, taken: taken.size }, 'link: a process left');
    if (!served.roles.includes('work')) return;
    for (const id of taken) deps.verdicts.giveUp(id);
    queue.abandoned([...taken]);
  });

  const answers: Answers = {
    async hello(body) {
      const { version, roles } = asHello(body);
      if (version !== deps.version) throw new Error(otherVersion(deps.version, version));
      served = { roles, worker: null };
      log.info({ roles }, 'link: a process came');
      greeted(served);
      return null;
    },
    take: (body) => take(deps, peer, taken, asStageJob(body)),
    ...spoolAnswers(deps),
    ...queueAnswers(deps),
    'enter-chunk': entries.chunk,
    'enter-end': entries.end,
  };

  const ears: Ears = {
    done(body) {
      const { stage, id, end } = asDone(body);
      // Not taken over this connection: it was handed out again meanwhile.
      if (!taken.delete(id)) return;
      const noted = queue.done(stage, id, end);
      noted.catch((error: unknown) => log.error({ err: error, id }, 'link: a step was not noted'));
    },
    'give-up': (body) => deps.verdicts.giveUp(asId(body)),
    report(body) {
      if (served) served.worker = asWorkerReport(body);
    },
    'enter-begin': entries.begin,
    'enter-abort': entries.abort,
  };

  return {
    async asked(what, body) {
      if (!isKey(answers, what)) throw new BadField(`${what}: not known`);
      if (!served && what !== 'hello') throw new BadField(`${what} before hello`);
      return answers[what](body);
    },
    told(what, body) {
      if (!isKey(ears, what)) throw new BadField(`${what}: not known`);
      if (!served) throw new BadField(`${what} before hello`);
      ears[what](body);
    },
  };
}

function otherVersion(ours: string, theirs: string): string {
  return `the receiver is version ${ours} and this process ${theirs}; start both from one version`;
}

async function take(
  { queue, spool }: ServedPeerDeps,
  peer: Peer,
  taken: Set<MessageId>,
  { stage, id }: StageJob,
): Promise<TakenMessage | null> {
  if (!(await queue.take(stage, id))) return null;
  const message = spool.get(id);
  const place = spool.place(id);
  if (peer.gone.aborted) queue.abandoned([id]);
  else if (!message || !place) await queue.done(stage, id, { kind: 'finished' });
  else {
    taken.add(id);
    return { message, place };
  }
  return null;
}

function spoolAnswers({
  spool,
  verdicts,
}: ServedPeerDeps): Pick<Answers, 'note' | 'verdict' | 'place' | 'check-content'> {
  return {
    async note(body) {
      await write(spool, asNote(body));
      return null;
    },
    async verdict(body) {
      const { id, verdict } = asReportedVerdict(body);
      return verdicts.report(id, verdict);
    },
    place: async (body) => spool.place(asId(body)) ?? null,
    async 'check-content'(body) {
      const id = asId(body);
      await spool.checkContent(id);
      return spool.get(id) !== undefined;
    },
  };
}

function queueAnswers({
  queue,
  report,
}: ServedPeerDeps): Pick<Answers, 'report' | 'queue-list' | 'queue-get' | 'queue-change'> {
  return {
    report: async () => report(),
    async 'queue-list'(body) {
      const { filter, limit } = asListing(body);
      return shortened(await queue.list(filter, limit));
    },
    'queue-get': async (body) => queue.get(asId(body)),
    async 'queue-change'(body) {
      const { act, ids, by } = asChange(body);
      return queue.change(act, ids, by);
    },
  };
}

function isKey<Table extends object>(table: Table, name: string): name is keyof Table & string {
  return Object.hasOwn(table, name);
}

function write(spool: ServedPeerDeps['spool'], note: Note): Promise<void> {
  switch (note.kind) {
    case 'verdict':
      return spool.setVerdict(note.id, note.verdict);
    case 'deferred':
      return spool.defer(note.id, note.deferral);
    case 'settled':
      return spool.settle(note.id, note.recipient, note.outcome);
  }
}

function shortened({ total, messages }: QueuePage): QueuePage {
  const fitting: SpooledMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    bytes += JSON.stringify(message).length;
    if (bytes > PAGE_BYTES && fitting.length > 0) break;
    fitting.push(message);
  }
  return { total, messages: fitting };
}
