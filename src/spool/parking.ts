/**
 * Where goes what does not check out: `parked/`, with a file beside it that says why. Parked things are alerted and
 * counted, never repaired by guesses and never deleted by us; an operator decides.
 *
 * Names come from the place in the spool, so that finding the same damage again does not make a second copy.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { type Files, type Folder, writeFileDurably } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import type { SpoolCrash } from './crash-points.ts';

export interface Parking {
  /** A copy of octets that stay where they are. Resolves when the copy is synced. */
  copy(name: string, bytes: Buffer, reason: string, facts?: object): Promise<void>;
  /** A whole file, out of its place. */
  move(path: string, name: string, reason: string, facts?: object): Promise<void>;
  readonly count: number;
}

export function createParking(deps: {
  readonly folder: Folder;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly crash: SpoolCrash;
}): Parking {
  const { folder, files, clock, log, crash } = deps;
  const names = new Set(readdirSync(folder.path).filter((name) => name.endsWith('.parked')));

  const explain = async (name: string, reason: string, facts: object): Promise<void> => {
    log.error(
      { path: join(folder.path, name), reason, ...facts },
      'part of the spool did not check out: parked',
    );
    names.add(name);
    const note = JSON.stringify({ reason, parkedAt: new Date(clock.now()).toISOString(), ...facts }, null, 2);
    await writeFileDurably(files, join(folder.path, `${name}.json`), `${note}\n`);
  };

  return {
    async copy(what, bytes, reason, facts = {}) {
      const name = `${what}.parked`;
      await writeFileDurably(files, join(folder.path, name), bytes);
      crash('park-copied');
      await explain(name, reason, facts);
    },
    async move(path, what, reason, facts = {}) {
      const name = `${what}.parked`;
      await files.rename(path, join(folder.path, name));
      await folder.sync();
      crash('park-copied');
      await explain(name, reason, facts);
    },
    get count() {
      return names.size;
    },
  };
}
