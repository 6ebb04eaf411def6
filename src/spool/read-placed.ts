/**
 * Reads a message's content by its place, for a process that does not own the spool: checked like `Spool.read`, and
 * what does not check out is the owner's to look at again.
 */
import { Readable } from 'node:stream';
import type { Files } from '../lib/durable-file.ts';
import { DamagedMessage, readBody, streamBody } from './read-message.ts';
import type { ContentPlace } from './spool.ts';

export interface PlacedContent {
  /**
   * A small content is whole in memory and checked before an octet is handed out, and read from the disk once; the last
   * octets of a large one wait for the check. Rejects with ENOENT when it has moved away.
   */
  read(): Promise<Readable>;
}

/** `onDamage` is called before `read` rejects, or its stream ends, with a `DamagedMessage`. */
export function placedContent(
  files: Files,
  place: ContentPlace,
  onDamage: () => Promise<void>,
): PlacedContent {
  let whole: Promise<Buffer> | null = null;

  const readOnce = async (): Promise<Buffer> => {
    try {
      return await readBody(files, place);
    } catch (error) {
      if (error instanceof DamagedMessage) await onDamage();
      throw error;
    }
  };

  return {
    async read() {
      // A file of its own holds nothing else. It never moves; segments hold small messages, which may.
      if (place.offset === 0) return streamBody(files, place, onDamage);
      whole ??= readOnce();
      return Readable.from([await whole], { objectMode: false });
    },
  };
}
