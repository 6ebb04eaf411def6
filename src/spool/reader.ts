/** `Spool.read`: from the cache, a segment or a file of its own; what does not check out is parked. */
import { Readable } from 'node:stream';
import type { Files } from '../lib/durable-file.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { BodyCache } from './body-cache.ts';
import type { Containers } from './containers.ts';
import type { IndexEntry, MessageIndex } from './message-index.ts';
import type { Parking } from './parking.ts';
import { DamagedMessage, readBody, readRecord, streamBody } from './read-message.ts';

export interface ReaderDeps {
  readonly index: MessageIndex;
  readonly containers: Containers;
  readonly cache: BodyCache;
  readonly parking: Parking;
  readonly files: Files;
}

export function createReader(deps: ReaderDeps): (id: MessageId) => Promise<Readable> {
  const { index, cache, files } = deps;

  const readSmall = async (entry: IndexEntry): Promise<Readable> => {
    try {
      const body = await readBody(files, entry.place);
      return streamOf([body]);
    } catch (error) {
      if (error instanceof DamagedMessage) await park(deps, entry);
      throw error;
    }
  };

  return async (id) => {
    const entry = index.get(id);
    if (!entry) throw new Error(`message ${id} is not in the spool`);
    const cached = cache.get(id);
    if (cached) return streamOf(cached);
    if (entry.place.container.form === 'segment') return readSmall(entry);
    return streamBody(files, entry.place, () => park(deps, entry));
  };
}

function streamOf(chunks: readonly Buffer[]): Readable {
  return Readable.from(chunks, { objectMode: false });
}

/** The message leaves the index: it has no final outcome, but it is counted as parked and lies there with its state. */
async function park(deps: ReaderDeps, entry: IndexEntry): Promise<void> {
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
  if (!index.delete(id)) return;
  cache.drop(id);
  await containers.leave(place.container, place.bodyBytes);
}
