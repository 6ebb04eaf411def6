/**
 * The live delivery log as a stream of JSON lines. What a reader has not taken yet is bounded: one that is too slow
 * gets a last line that says so and is cut off, whatever it does then.
 */
import { Readable } from 'node:stream';
import type { Log } from '../lib/log.ts';
import type { RecordedEvent, Trace } from '../trace/events.ts';
import type { FollowNotice } from './resources.ts';

export interface FollowDeps {
  readonly trace: Pick<Trace, 'recent' | 'follow'>;
  readonly log: Log;
  /** Aborted when the server stops: streams end with a notice. */
  readonly stopping: AbortSignal;
  /** Octets that may wait for one reader. */
  readonly maxWaiting: number;
  /** How long a reader that was cut off may still take what waits. */
  readonly graceMs: number;
}

/** The last `last` events, then every new one, each once. */
export function followEvents(deps: FollowDeps, last: number): Readable {
  const { trace, log, stopping, maxWaiting, graceMs } = deps;
  const ended = new AbortController();
  const lines = new Readable({
    read() {},
    destroy(error, done) {
      ended.abort();
      done(error);
    },
  });

  function end(notice: FollowNotice): void {
    if (ended.signal.aborted) return;
    ended.abort();
    lines.push(`${JSON.stringify(notice)}\n`);
    lines.push(null);
    const cut = setTimeout(() => lines.destroy(), graceMs);
    lines.once('close', () => clearTimeout(cut));
  }

  function send(event: RecordedEvent): void {
    if (ended.signal.aborted) return;
    if (lines.readableLength <= maxWaiting) lines.push(`${JSON.stringify(event)}\n`);
    else {
      log.warn({ waiting: lines.readableLength }, 'delivery log: a reader was too slow and is cut off');
      end({ notice: 'events came faster than they were read; the stream ends here' });
    }
  }

  // An empty line: the head of the answer goes out, and the reader knows that it is being told from now on.
  lines.push('\n');
  stopping.addEventListener('abort', () => end({ notice: 'the server is stopping' }), {
    once: true,
    signal: ended.signal,
  });
  if (stopping.aborted) end({ notice: 'the server is stopping' });
  else if (last === 0) trace.follow(send, ended.signal);
  else void sendRecentFirst(trace, last, send, ended.signal).catch((error: Error) => lines.destroy(error));
  return lines;
}

async function sendRecentFirst(
  trace: FollowDeps['trace'],
  last: number,
  send: (event: RecordedEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  // Subscribed before the file is read, so that nothing falls between; what comes meanwhile is often in the file too.
  let early: RecordedEvent[] | null = [];
  trace.follow((event) => (early ? early.push(event) : send(event)), signal);
  const recent = await trace.recent(last);
  const sent = new Set(recent.map((event) => event.event));
  for (const event of recent) send(event);
  for (const event of early) if (!sent.has(event.event)) send(event);
  early = null;
}
