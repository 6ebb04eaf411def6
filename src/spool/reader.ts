/** `Spool.read` and `Spool.checkContent`: what does not check out is parked. */
import { Readable } from 'node:stream';
import type { Files } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { errorCode, messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { BodyCache } from './body-cache.ts';
import type { Containers } from './containers.ts';
import type { IndexEntry, MessageIndex } from './message-index.ts';
import type { Parking } from './parking.ts';
import { contentPlace, DamagedMessage, readBody, readRecord, streamBody } from './read-message.ts';

export interface ReaderDeps {
  readonly index: MessageIndex;
  readonly containers: Containers;
  readonly cache: BodyCache;
  readonly parking: Parking;
  readonly files: Files;
  readonly log: Log;
}

export interface Reader {
  /** From the cache, a segment or a file of its own. */
  read(id: MessageId): Promise<Readable>;
  /** From the disk alone, and nothing is handed out. Never rejects. */
  checkContent(id: MessageId): Promise<void>;
  /** Of a message whose content is damaged. It has no final outcome, but is counted as parked and lies there with its state. */
  park(entry: IndexEntry): Promise<void>;
}

export function createReader(deps: ReaderDeps): Reader {
  const { index, cache, files, log } = deps;
  const parkings = new Map<IndexEntry, Promise<void>>();

  /** Several readers may find it at once. */
  const park = (entry: IndexEntry): Promise<void> => {
    const running = parkings.get(entry) ?? parkOnce(deps, entry).finally(() => parkings.delete(entry));
    parkings.set(entry, running);
    return running;
  };

  const readSmall = async (entry: IndexEntry): Promise<Readable> => {
    const { place } = entry;
    try {
      const body = await readBody(files, contentPlace(place));
      return streamOf([body]);
    } catch (error) {
      // It moved before its file was opened.
      if (errorCode(error) === 'ENOENT' && entry.place !== place) return readStored(entry);
      if (error instanceof DamagedMessage) await park(entry);
      throw error;
    }
  };

  const readStored = async (entry: IndexEntry): Promise<Readable> => {
    if (entry.place.container.form === 'segment') return readSmall(entry);
    return streamBody(files, contentPlace(entry.place), () => park(entry));
  };

  return {
    async read(id) {
      const entry = index.get(id);
      if (!entry) throw new Error(`message ${id} is not in the spool`);
      const cached = cache.get(id);
      return cached ? streamOf(cached) : readStored(entry);
    },
    async checkContent(id) {
      const entry = index.get(id);
      if (!entry) return;
      try {
        for await (const _ of await readStored(entry));
      } catch (error) {
        // Parked by now, or finished meanwhile, or the disk does not answer: then it is tried again like any other.
        if (!(error instanceof DamagedMessage))
          log.warn({ id, error: messageOf(error) }, 'the content of a message could not be checked');
      }
    },
    park,
  };
}

function streamOf(chunks: readonly Buffer[]): Readable {
  return Readable.from(chunks, { objectMode: false });
}

async function parkOnce(deps: ReaderDeps, entry: IndexEntry): Promise<void> {
  const { index, containers, cache, parking, files } = deps;
  const { message, place } = entry;
  const { id } = message.envelope;
  if (index.get(id) !== entry) return;
  const reason = 'the content does not match its checksum';
  if (place.container.form === 'single')
    await parking.move(place.container.path, `${id}.msg`, reason, { message });
  else {
    const record = await readRecord(files, place);
    await parking.copy(`${place.container.name}-${place.offset}`, record, reason, { message });
  }
  // A move that read it in time has it whole at another place.
  if (entry.place !== place || !index.delete(id)) return;
  cache.drop(id);
  await containers.leave(place.container, id);
}
