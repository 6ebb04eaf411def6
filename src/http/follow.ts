/**
 * The live delivery log as a stream of JSON lines. The next event is asked for when the last one is on its way, so a
 * slow reader holds nothing in memory: the log waits for him in its files. The stream ends when its reader leaves, or
 * with a notice when the server stops.
 */
import { Readable } from 'node:stream';
import type { Log } from '../lib/log.ts';
import type { DeliveryLog, LogFilter } from '../trace/log.ts';
import type { FollowLine } from './resources.ts';

export interface FollowDeps {
  readonly deliveryLog: Pick<DeliveryLog, 'follow'>;
  readonly log: Log;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
}

const WAITING_BYTES = 64 * 1024;

/** The last `last` events that fit, then every new one, each once. */
export function followEvents(deps: FollowDeps, filter: LogFilter, last: number): Readable {
  const left = new AbortController();
  const lines = linesOf(deps, filter, last, left.signal);
  return new Readable({
    encoding: 'utf8',
    highWaterMark: WAITING_BYTES,
    read() {
      void lines.next().then(({ value, done }) => this.push(done ? null : value));
    },
    destroy(error, done) {
      left.abort();
      // What the log has open for this reader is closed, also where it waits to be asked for more.
      void lines.return(undefined);
      done(error);
    },
  });
}

/** Never throws. */
async function* linesOf(deps: FollowDeps, filter: LogFilter, last: number, left: AbortSignal) {
  const { deliveryLog, log, stopping } = deps;
  const ends = AbortSignal.any([stopping, left]);
  // An empty line: the head of the answer goes out, and the reader knows that it is being told from now on.
  yield '\n';
  try {
    for await (const line of deliveryLog.follow(filter, last, ends)) yield `${JSON.stringify(line)}\n`;
  } catch (error) {
    if (!ends.aborted) {
      log.error({ err: error }, 'API: the delivery log could not be followed');
      yield notice('the delivery log cannot be read on; the server log says why');
      return;
    }
  }
  if (!left.aborted) yield notice('the server is stopping');
}

function notice(text: string): string {
  return `${JSON.stringify({ notice: text } satisfies FollowLine)}\n`;
}
