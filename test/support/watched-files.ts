/**
 * The real file layer, watched: every step that counts for durability is noted, as "sync single/x.tmp", and may be
 * made to fail before it happens.
 */
import { relative } from 'node:path';
import { type Files, type OpenFile, systemFiles } from '../../src/lib/durable-file.ts';

export interface WatchedFiles extends Files {
  readonly steps: string[];
  /** Asked before each step; what it returns is thrown. `short` lets a write come up one octet short. */
  fault: (step: string) => Error | 'short' | undefined;
}

export function watchFiles(root: string): WatchedFiles {
  const steps: string[] = [];
  const name = (path: string): string => relative(root, path) || '.';

  const step = (text: string): boolean => {
    const fault = watched.fault(text);
    if (fault instanceof Error) throw fault;
    steps.push(text);
    return fault === 'short';
  };

  const watch = (path: string, file: OpenFile): OpenFile => ({
    async write(buffers, position) {
      if (!step(`write ${name(path)}`)) return file.write(buffers, position);
      const bytes = Buffer.concat(buffers);
      return file.write([bytes.subarray(0, bytes.length - 1)], position);
    },
    read: (length, position) => file.read(length, position),
    async truncate(lengthBytes) {
      step(`truncate ${name(path)}`);
      return file.truncate(lengthBytes);
    },
    async sync() {
      step(`sync ${name(path)}`);
      return file.sync();
    },
    close: () => file.close(),
  });

  const watched: WatchedFiles = {
    ...systemFiles,
    steps,
    fault: () => undefined,
    async create(path) {
      step(`create ${name(path)}`);
      return watch(path, await systemFiles.create(path));
    },
    openForWriting: async (path) => watch(path, await systemFiles.openForWriting(path)),
    async openFolder(path) {
      const folder = await systemFiles.openFolder(path);
      const sync = async (): Promise<void> => {
        step(`sync ${name(path)}/`);
        return folder.sync();
      };
      return { ...folder, sync };
    },
    async rename(from, to) {
      step(`rename ${name(from)} ${name(to)}`);
      return systemFiles.rename(from, to);
    },
    async unlink(path) {
      step(`unlink ${name(path)}`);
      return systemFiles.unlink(path);
    },
  };
  return watched;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}
