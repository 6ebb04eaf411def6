/**
 * Streams one message into a file of its own: `<id>.tmp` while it grows, `<id>.msg` once it is whole and synced.
 * What gathers during a write leaves in the next one; a writer that outruns the disk is asked to wait.
 */
import { join } from 'node:path';
import { type Files, type Folder, isDiskFull, type OpenFile, writeAll } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import { createChunks } from './chunks.ts';
import type { SpoolCrash } from './crash-points.ts';
import { encodeTrailer } from './record.ts';

/** Octets that may wait for a write before the caller is asked to wait. */
const HIGH_WATER_BYTES = 512 * 1024;

export type SingleResult =
  | { readonly kind: 'stored'; readonly bodyBytes: number; readonly bodyCrc: number; readonly bytes: number }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed' };

export interface SingleWriter {
  /** The promise, if any, asks the caller to wait. Octets after a failure are dropped; `finish` tells. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** Resolves when file and name are synced. On anything but `stored` nothing is left. */
  finish(envelopeJson: Buffer): Promise<SingleResult>;
  abort(): Promise<void>;
}

export function createSingleWriter(deps: {
  readonly id: MessageId;
  readonly folder: Folder;
  readonly files: Files;
  readonly log: Log;
  readonly crash: SpoolCrash;
}): SingleWriter {
  const { id, folder, files, log, crash } = deps;
  const draftPath = join(folder.path, `${id}.tmp`);
  const path = join(folder.path, `${id}.msg`);
  const chunks = createChunks();
  let file: OpenFile | null = null;
  let length = 0;
  let failure: unknown = null;
  let running: Promise<void> | null = null;

  const pump = async (): Promise<void> => {
    try {
      if (!file) {
        file = await files.create(draftPath);
        crash('single-created');
      }
      while (chunks.bytes > 0) await put(chunks.take());
    } catch (error) {
      failure = error;
      chunks.take();
    }
    running = null;
  };

  const put = async (buffers: readonly Buffer[]): Promise<void> => {
    if (!file) throw new Error('single file is not open');
    await writeAll(file, buffers, length);
    for (const buffer of buffers) length += buffer.length;
    crash('single-written');
  };

  const finish = async (envelopeJson: Buffer): Promise<SingleResult> => {
    while (running) await running;
    if (failure) throw failure;
    const body = { bytes: chunks.totalBytes, crc: chunks.crc };
    file ??= await files.create(draftPath);
    await put([encodeTrailer(envelopeJson, body)]);
    await file.sync();
    crash('single-synced');
    await files.rename(draftPath, path);
    crash('single-renamed');
    await folder.sync();
    crash('single-folder-synced');
    await close();
    return { kind: 'stored', bodyBytes: body.bytes, bodyCrc: body.crc, bytes: length };
  };

  const close = async (): Promise<void> => {
    const open = file;
    file = null;
    await open
      ?.close()
      .catch((error) => log.warn({ id, error: messageOf(error) }, 'message file did not close'));
  };

  /** Both names: a rename whose folder could not be synced counts as failed, too. */
  const clear = async (): Promise<void> => {
    while (running) await running;
    await close();
    for (const name of [draftPath, path]) await files.unlink(name).catch(() => {});
  };

  return {
    write(chunk) {
      if (failure || chunk.length === 0) return undefined;
      chunks.add(chunk);
      running ??= pump();
      return chunks.bytes >= HIGH_WATER_BYTES ? running : undefined;
    },
    async finish(envelopeJson) {
      try {
        return await finish(envelopeJson);
      } catch (error) {
        log.error({ id, error: messageOf(error) }, 'mail could not be written to the spool');
        await clear();
        return { kind: isDiskFull(error) ? 'full' : 'failed' };
      }
    },
    abort: clear,
  };
}
