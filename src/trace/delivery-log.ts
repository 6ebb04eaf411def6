/**
 * Questions to the delivery log, answered from its file. Lines that are no event (torn by a crash) are skipped, and
 * of events with the same identity only the first counts. A file that is not there holds no events.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';

const NEWLINE = 0x0a;
const FORWARD_OCTETS = 1024 * 1024;
const BACKWARD_OCTETS = 64 * 1024;

/** Every event of one message, oldest first. */
export async function findEvents(path: string, id: MessageId): Promise<RecordedEvent[]> {
  const found = new Map<string, RecordedEvent>();
  const wanted = Buffer.from(id);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: FORWARD_OCTETS })) {
      const block: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = block.lastIndexOf(NEWLINE) + 1;
      for (const line of linesWith(block.subarray(0, end), wanted)) {
        const event = parseEvent(line);
        // The id may also stand there as somebody's parent or bounce.
        if (event?.id === id && !found.has(event.event)) found.set(event.event, event);
      }
      rest = block.subarray(end);
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  return [...found.values()];
}

/** The last `count` events, oldest first; reads no more of the file than it needs. */
export async function recentEvents(path: string, count: number): Promise<RecordedEvent[]> {
  /** Newest first. */
  const found = new Map<string, RecordedEvent>();
  for await (const line of linesBackwards(path)) {
    if (found.size >= count) break;
    const event = parseEvent(line);
    if (!event) continue;
    // An older line with the same identity is the fact, the newer one its repeat.
    found.delete(event.event);
    found.set(event.event, event);
  }
  return [...found.values()].reverse();
}

/** The lines of a block of whole lines that hold `wanted`: a search of octets, cheaper than reading every line. */
function* linesWith(block: Buffer, wanted: Buffer): Generator<Buffer> {
  let from = 0;
  for (;;) {
    const hit = block.indexOf(wanted, from);
    if (hit < 0) return;
    const start = block.lastIndexOf(NEWLINE, hit) + 1;
    from = block.indexOf(NEWLINE, hit) + 1;
    yield block.subarray(start, from - 1);
  }
}

async function* linesBackwards(path: string): AsyncGenerator<Buffer> {
  await using file = await openIfThere(path);
  if (!file) return;
  let position = (await file.stat()).size;
  /** What was read of a line whose start lies further up. */
  let tail: Buffer = Buffer.alloc(0);
  while (position > 0) {
    const chunk = Buffer.alloc(Math.min(BACKWARD_OCTETS, position));
    position -= chunk.length;
    await file.read(chunk, 0, chunk.length, position);
    const block = Buffer.concat([chunk, tail]);
    let end = block.length;
    for (let at = newlineBefore(block, end); at >= 0; at = newlineBefore(block, end)) {
      if (at + 1 < end) yield block.subarray(at + 1, end);
      end = at;
    }
    tail = block.subarray(0, end);
  }
  if (tail.length > 0) yield tail;
}

/** -1: none. Asked from octet -1, `lastIndexOf` would begin again at the end. */
function newlineBefore(block: Buffer, end: number): number {
  return end === 0 ? -1 : block.lastIndexOf(NEWLINE, end - 1);
}

async function openIfThere(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Null: not an event of ours. */
function parseEvent(line: Buffer): RecordedEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return null;
  }
  return isEvent(value) ? value : null;
}

/** What each kind carries besides is ours to trust: this file has one writer. */
function isEvent(value: unknown): value is RecordedEvent {
  if (typeof value !== 'object' || value === null) return false;
  if (!('at' in value && 'event' in value && 'kind' in value && 'id' in value)) return false;
  const { at, event, kind, id } = value;
  return (
    typeof at === 'string' &&
    typeof event === 'string' &&
    typeof kind === 'string' &&
    (id === null || typeof id === 'string')
  );
}
