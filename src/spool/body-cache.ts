/** Bodies of recent small messages, so that scanning and delivering them does not read the disk. Oldest out first. */
import type { MessageId } from '../mail/message-id.ts';

export interface BodyCache {
  put(id: MessageId, chunks: readonly Buffer[], bytes: number): void;
  get(id: MessageId): readonly Buffer[] | undefined;
  drop(id: MessageId): void;
}

export function createBodyCache(limitBytes: number): BodyCache {
  const kept = new Map<MessageId, { readonly chunks: readonly Buffer[]; readonly bytes: number }>();
  let total = 0;
  const drop = (id: MessageId): void => {
    total -= kept.get(id)?.bytes ?? 0;
    kept.delete(id);
  };
  return {
    put(id, chunks, bytes) {
      kept.set(id, { chunks, bytes });
      total += bytes;
      for (const oldest of kept.keys()) {
        if (total <= limitBytes) break;
        drop(oldest);
      }
    },
    get: (id) => kept.get(id)?.chunks,
    drop,
  };
}
