/**
 * Codes of agencies, which the lists of the content rules name, for the ids that envelopes carry. Each message asks, so
 * they are remembered: a code never changes. An agency that is not known yet may be new: the directory is asked again for
 * it, but at most once a second.
 */
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../lib/clock.ts';
import type { AgencyId } from '../mail/envelope.ts';

export interface AgencyCodes {
  /**
   * Each once. An agency that the directory does not know stands by its id, which no list names: nothing is allowed for
   * it. Rejects as the directory does.
   */
  codesOf(ids: Iterable<AgencyId>): Promise<readonly string[]>;
}

const ASK_AGAIN_MS = 1_000;

export function createAgencyCodes(deps: {
  directory: Pick<Directory, 'listAgencies'>;
  clock: Pick<Clock, 'elapsedMs'>;
}): AgencyCodes {
  const { directory, clock } = deps;
  const codes = new Map<AgencyId, string>();
  let reading: Promise<void> | null = null;
  let readAt = Number.NEGATIVE_INFINITY;

  const read = async (): Promise<void> => {
    const agencies = await directory.listAgencies();
    readAt = clock.elapsedMs();
    for (const { id, code } of agencies) codes.set(id, code);
  };

  return {
    async codesOf(ids) {
      const distinct = [...new Set(ids)];
      if (distinct.some((id) => !codes.has(id)) && clock.elapsedMs() - readAt >= ASK_AGAIN_MS) {
        // One question for all who ask meanwhile.
        reading ??= read().finally(() => {
          reading = null;
        });
        await reading;
      }
      return distinct.map((id) => codes.get(id) ?? id);
    },
  };
}
