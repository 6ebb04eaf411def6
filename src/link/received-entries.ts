/** Mail that a process at the link made: its content comes in chunks, one answered before the next is sent. */
import { PassThrough } from 'node:stream';
import { drained } from '../lib/feed.ts';
import { asFields, asNumber, BadField } from '../lib/fields.ts';
import { asEnvelope } from '../mail/json.ts';
import type { CommitResult, Enter } from '../spool/spool.ts';
import { asChunk } from './form.ts';

interface Entry {
  readonly content: PassThrough;
  readonly result: Promise<CommitResult>;
}

/** What is not whole when the connection ends leaves nothing behind. */
export function createEntries(enter: Enter, gone: AbortSignal) {
  const entries = new Map<number, Entry>();

  gone.addEventListener('abort', () => {
    for (const { content } of entries.values()) content.destroy(new Error('the connection was lost'));
  });

  const find = (number: number): Entry => {
    const entry = entries.get(number);
    if (!entry) throw new BadField(`entry ${number}: not begun`);
    return entry;
  };

  return {
    begin(body: unknown): void {
      const fields = asFields(body, 'entry');
      const number = asNumber(fields.number, 'number');
      if (entries.has(number)) throw new BadField(`entry ${number}: begun twice`);
      const content = new PassThrough();
      const result = enter(asEnvelope(fields.envelope, 'envelope'), content);
      // Whoever asks for the end is told.
      result.catch(() => {});
      content.on('error', () => {});
      entries.set(number, { content, result });
    },
    async chunk(body: unknown): Promise<null> {
      const { number, octets } = asChunk(body);
      const { content } = find(number);
      // An entry that has failed takes the rest in silence; its end says why.
      if (!content.destroyed && !content.write(octets)) await drained(content);
      return null;
    },
    async end(body: unknown): Promise<CommitResult> {
      const number = asNumber(body, 'number');
      const { content, result } = find(number);
      content.end();
      try {
        return await result;
      } finally {
        entries.delete(number);
      }
    },
    abort(body: unknown): void {
      const number = asNumber(body, 'number');
      find(number).content.destroy(new Error('the sender could not read its content'));
      entries.delete(number);
    },
  };
}
