/**
 * Containers: the files that hold messages, segments and files of one message alike, each with its journal. A
 * container goes when it is sealed and none of its messages is unfinished: unlink it, sync the folder, and only then
 * unlink its journals, so that no crash can leave messages without the record of what became of them.
 */
import { join } from 'node:path';
import type { Files, Folder } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { errorCode, messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { SpoolCrash } from './crash-points.ts';
import { inGroups } from './in-groups.ts';
import { createJournal, type Journal } from './journal.ts';
import { WRITER } from './layout.ts';
import type { Form } from './record.ts';

export interface Container {
  readonly form: Form;
  /** Segment number or message id. */
  readonly name: string;
  readonly path: string;
  readonly journal: Journal;
  /** Unfinished messages whose place it is. */
  readonly messages: Set<MessageId>;
  /** What keeps it here: these, and those on their way into it. */
  live: number;
  /** Octets of the file. */
  bytes: number;
  /** Nothing is written to it any more. */
  sealed: boolean;
}

export interface Containers {
  open(
    form: Form,
    name: string,
    found?: { readonly bytes: number; readonly journalBytes: number },
  ): Container;
  /** A message comes in; it is one of `messages` once it is there. */
  enter(container: Container): void;
  /** A message is finished, or has moved elsewhere. */
  leave(container: Container, id: MessageId): Promise<void>;
  /** Nothing is written to it any more. */
  seal(container: Container): Promise<void>;
  /** What its journal was given so far is on the disk, with the name of the journal. Rejects when that fails. */
  syncJournal(container: Container): Promise<void>;
  readonly all: ReadonlySet<Container>;
  /** Ends the removals under way and syncs the journals that stay. */
  close(): Promise<void>;
}

export function createContainers(deps: {
  readonly segments: Folder;
  readonly single: Folder;
  readonly files: Files;
  readonly log: Log;
  readonly crash: SpoolCrash;
}): Containers {
  const { files, log, crash } = deps;
  const folderOf = (form: Form): Folder => (form === 'segment' ? deps.segments : deps.single);
  const all = new Set<Container>();
  const removals = new Set<Promise<void>>();

  const removeWhenEmpty = async (container: Container): Promise<void> => {
    if (container.live > 0 || !container.sealed || !all.delete(container)) return;
    const removal = remove(container).catch((error) =>
      // The file stays; the next start finds every message in it finished and removes it.
      log.error({ path: container.path, error: messageOf(error) }, 'finished mail cannot be removed'),
    );
    removals.add(removal);
    await removal.finally(() => removals.delete(removal));
  };

  const remove = async (container: Container): Promise<void> => {
    const unlinked = Promise.withResolvers<void>();
    await container.journal.abandon(unlinked.promise);
    try {
      await files.unlink(container.path).catch(ignoreMissing);
      crash('container-unlinked');
    } finally {
      unlinked.resolve();
    }
    await folderOf(container.form).sync();
    crash('container-gone');
    await container.journal.unlink().catch(ignoreMissing);
  };

  return {
    open(form, name, found) {
      const folder = folderOf(form);
      const journal = createJournal({
        path: join(folder.path, `${name}.${WRITER}.log`),
        wholeBytes: found?.journalBytes ?? 0,
        keepOpen: !found,
        files,
        log,
        crash,
      });
      const path = join(folder.path, form === 'segment' ? `${name}.seg` : `${name}.msg`);
      const bytes = found?.bytes ?? 0;
      const container: Container = {
        form,
        name,
        path,
        journal,
        messages: new Set(),
        live: 0,
        bytes,
        sealed: false,
      };
      all.add(container);
      return container;
    },
    enter(container) {
      container.live++;
    },
    leave(container, id) {
      container.live--;
      container.messages.delete(id);
      return removeWhenEmpty(container);
    },
    async syncJournal({ journal, form }) {
      await journal.sync();
      await folderOf(form).sync();
    },
    seal(container) {
      container.sealed = true;
      void container.journal.rest();
      return removeWhenEmpty(container);
    },
    all,
    async close() {
      while (removals.size > 0) await Promise.all(removals);
      await inGroups([...all], async ({ journal, path }) => {
        await journal
          .sync()
          .catch((error) => log.warn({ path, error: messageOf(error) }, 'journal was not synced'));
        await journal.rest();
      });
    },
  };
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}
