/**
 * The events as they come, from the files themselves: each follower reads at its own speed, so one that is slow loses
 * nothing and holds nobody up. The rows are asked for what was before, and for messages that began before.
 */
import { systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/problem.ts';
import type { RecordedEvent } from './events.ts';
import type { FollowNotice, LogFilter } from './log.ts';
import { parseEvent } from './parse.ts';
import { Sieve } from './sieve.ts';
import { createTail, endsOf, type Piece } from './tail.ts';
import type { LogThread } from './thread-owner.ts';

export interface FollowOptions {
  /** The folder of the files. */
  readonly path: string;
  readonly thread: Pick<LogThread, 'call'>;
  readonly filter: LogFilter;
  readonly last: number;
  readonly signal: AbortSignal;
}

type Followed = RecordedEvent | FollowNotice;

const LOOK_MS = 150;

/** It begins with what is recorded from now on, even if nobody reads yet. */
export function follow(options: FollowOptions): AsyncGenerator<Followed> {
  const ends = endsOf(options.path);
  // Who never reads does not hear of it either.
  ends.catch(() => {});
  return read(options, ends);
}

async function* read(
  options: FollowOptions,
  ends: Promise<ReadonlyMap<string, number>>,
): AsyncGenerator<Followed> {
  const { path, thread, filter, signal } = options;
  const notices: FollowNotice[] = [];
  const gone = (file: string): void => {
    notices.push({ notice: `${file} was deleted before all of it was read here: events are missing` });
  };
  const tail = createTail({ path, positions: await ends, gone });
  const sieve = new Sieve(filter, async (ids) => await thread.call('facts', ids));
  yield* before(options, sieve);
  while (!signal.aborted) {
    for await (const piece of tail.unread()) {
      const events = eventsIn(piece, notices);
      yield* notices.splice(0);
      yield* sieve.pass(events);
      if (signal.aborted) return;
    }
    yield* notices.splice(0);
    yield* sieve.overdue();
    await systemClock.sleep(LOOK_MS, signal);
  }
}

async function* before({ thread, filter, last }: FollowOptions, sieve: Sieve): AsyncGenerator<Followed> {
  if (last <= 0) return;
  try {
    const recent = await thread.call('recent', filter, last);
    if (recent.cut) yield { notice: 'not all earlier events were looked through' };
    for (const event of recent.events) if (sieve.isNew(event)) yield event;
  } catch (error) {
    yield { notice: `earlier events cannot be read now: ${messageOf(error)}` };
  }
}

function eventsIn({ file, lines }: Piece, notices: FollowNotice[]): RecordedEvent[] {
  const events = lines.flatMap((line) => parseEvent(line) ?? []);
  const bad = lines.length - events.length;
  if (bad > 0) notices.push({ notice: `${file}: ${bad} lines that are no events are left out` });
  return events;
}
