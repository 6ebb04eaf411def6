/** The segment that is being written to: its birth, its growth by whole groups, and what is done when it fails. */
import { type Files, type Folder, type OpenFile, writeAll } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Container, Containers } from './containers.ts';
import type { SpoolCrash } from './crash-points.ts';

export interface ActiveSegment {
  readonly container: Container;
  /** Appends and syncs; what is not whole then throws, and the segment is not to be trusted again. */
  append(pieces: readonly Buffer[]): Promise<void>;
  /** Back to the last octet that counts. Best effort: nobody was told of what is cut off. */
  cutBack(): Promise<void>;
  seal(): Promise<void>;
}

export interface ActiveSegmentDeps {
  readonly folder: Folder;
  readonly containers: Containers;
  readonly files: Files;
  readonly log: Log;
  readonly crash: SpoolCrash;
}

/** Resolves when the name is durable. */
export async function openSegment(deps: ActiveSegmentDeps, name: string): Promise<ActiveSegment> {
  const { folder, containers, files, log, crash } = deps;
  const container = containers.open('segment', name);
  let file: OpenFile | null = null;
  try {
    file = await files.create(container.path);
    crash('segment-created');
    await folder.sync();
  } catch (error) {
    await file?.close().catch(() => {});
    await containers.seal(container);
    throw error;
  }
  return activeSegment(container, file, { containers, log, crash });
}

function activeSegment(
  container: Container,
  file: OpenFile,
  { containers, log, crash }: Pick<ActiveSegmentDeps, 'containers' | 'log' | 'crash'>,
): ActiveSegment {
  const { path } = container;
  return {
    container,
    async append(pieces) {
      await writeAll(file, pieces, container.bytes);
      crash('segment-appended');
      await file.sync();
      crash('segment-synced');
    },
    async cutBack() {
      try {
        await file.truncate(container.bytes);
        await file.sync();
      } catch (error) {
        log.error({ path, error: messageOf(error) }, 'segment could not be cut back');
      }
    },
    async seal() {
      await file
        .close()
        .catch((error) => log.warn({ path, error: messageOf(error) }, 'segment did not close'));
      void containers.seal(container);
    },
  };
}
