/**
 * The names inside a spool folder, and its format version. Everything is for the owner's eyes only.
 *
 *   VERSION   segments/   single/   parked/   lock   owner
 */
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Files, type Folder, isDiskFull, syncFolder, writeFileDurably } from '../lib/durable-file.ts';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';
import { FORMAT_VERSION } from './record.ts';

export const SEGMENT_NAME = /^(\d{12})\.seg$/;
export const SINGLE_NAME = /^(m[0-9a-z]{17})\.msg$/;
/** Container and writer. */
export const JOURNAL_NAME = /^([0-9a-z]+)\.([a-z]+)\.log$/;
/** In the names of the journals that this process writes; recovery reads those of any writer. */
export const WRITER = 'main';

export interface Layout extends AsyncDisposable {
  readonly segments: Folder;
  readonly single: Folder;
  readonly parked: Folder;
}

export function segmentName(number: number): string {
  return String(number).padStart(12, '0');
}

/** Makes what is missing. Problems: the folder cannot be used, or a newer program has written it. */
export async function openLayout(folder: string, files: Files): Promise<Layout> {
  await using opened = new AsyncDisposableStack();
  const openFolder = async (path: string): Promise<Folder> => {
    const result = await files.openFolder(path);
    opened.defer(() => result.close());
    return result;
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await checkVersion(folder, files);
    const [segments, single, parked] = await Promise.all(
      ['segments', 'single', 'parked'].map((name) => openFolder(join(folder, name))),
    );
    if (!segments || !single || !parked) throw new Error('a folder did not open');
    for (const path of [dirname(folder), folder]) await syncFolder(files, path);
    const open = opened.move();
    return { segments, single, parked, [Symbol.asyncDispose]: () => open.disposeAsync() };
  } catch (error) {
    if (error instanceof Problem || errorCode(error) === null) throw error;
    const cure = isDiskFull(error) ? 'make room on its disk' : 'check that it is a folder and who owns it';
    throw new Problem(`spool: ${folder} cannot be used: ${messageOf(error)} (${cure})`);
  }
}

async function checkVersion(folder: string, files: Files): Promise<void> {
  const path = join(folder, 'VERSION');
  const text = await readFile(path, 'utf8').catch((error) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return writeFileDurably(files, path, `${FORMAT_VERSION}\n`);
  const version = Number(text);
  if (version === FORMAT_VERSION) return;
  const found = Number.isInteger(version) ? `format ${version}` : JSON.stringify(text.slice(0, 20));
  throw new Problem(
    `spool: ${path} says ${found}, this program reads format ${FORMAT_VERSION} (start the version that wrote it)`,
  );
}
