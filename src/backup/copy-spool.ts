/**
 * Copies the spool and the quarantine of a server that works meanwhile, without its help. What comes out is what a
 * crash at one moment during the copy could have left (spool/STATES.md), so that every message which was accepted
 * before the copy began is in it, or was finished and everything that followed from it is in it.
 *
 * Why it is so:
 *
 * 1. Journals are copied first. Whatever a note speaks of was on the disk before the note: the file of a message that
 *    `moved`, the quarantine item or the bounce of one that is `settled`. Since it is looked for later it is found,
 *    unless it is finished itself. An older journal only repeats work.
 * 2. Then all places are listed within an instant, the segments in the middle: quarantine, files of one message,
 *    segments, files of one message, quarantine. Messages leave a segment for a file or for the quarantine, and come from
 *    the quarantine by a new record; where they arrive they rest for seconds. So each that is somewhere when the segments
 *    are listed is listed, and so is all that followed from those that were finished before.
 * 3. All that was listed is copied. If something is gone by then, what followed from it may be in a place that was made
 *    after the list, so there is another round. Nothing changes once it is there, but for the segment that is appended
 *    to and the recipients of a kept message: a later round copies only what is new, and is short.
 * 4. Of that segment a beginning is copied; its end may be in the middle of a record that nobody was told of. It is
 *    the newest of the copy, where such an end is legal.
 *
 * Files that are no container (`.tmp`, or begin with a dot in the quarantine) belong to nobody yet.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../lib/problem.ts';
import { type Copier, entriesOf } from './copy.ts';

const SEGMENTS = 'spool/segments';
const SINGLE = 'spool/single';
const QUARANTINE = 'quarantine';
/** A round takes as long as what is new takes to copy; far fewer are ever needed. */
const MAX_ROUNDS = 100;

/** `data`: the server's data folder. */
export async function copyMail(data: string, copier: Copier): Promise<void> {
  for (let round = 1; !(await copyOnce(data, copier)); round++) {
    if (round === MAX_ROUNDS) {
      throw new Problem('the spool changes faster than it can be copied; take the backup at a quieter time');
    }
  }
  await copier.file(join(data, 'spool', 'VERSION'), 'spool/VERSION');
  await copier.tree(join(data, 'spool', 'parked'), 'spool/parked');
}

/** False: something vanished meanwhile. */
async function copyOnce(data: string, copier: Copier): Promise<boolean> {
  for (const folder of [SEGMENTS, SINGLE]) {
    for (const { name } of entriesOf(join(data, folder)).filter(isJournal)) {
      await copier.file(join(data, folder, name), `${folder}/${name}`);
    }
  }
  const list = (folder: string): string[] =>
    entriesOf(join(data, folder))
      .filter(folder === QUARANTINE ? isItem : isContainer)
      .map(({ name }) => `${folder}/${name}`);
  const listed = new Set([QUARANTINE, SINGLE, SEGMENTS, SINGLE, QUARANTINE].flatMap(list));
  let complete = true;
  for (const path of listed) {
    const copy = path.startsWith(`${QUARANTINE}/`) ? copyItem : copyContainer;
    if (!(await copy(data, path, copier))) complete = false;
  }
  forgetOthers(copier, listed);
  return complete;
}

/** False: it is gone, and there is no whole copy from an earlier round. */
async function copyContainer(data: string, path: string, copier: Copier): Promise<boolean> {
  const known = copier.files.get(path)?.bytes;
  const bytes = sizeOf(join(data, path));
  // Only a segment grows; the last part of one that is gone may be missing in the copy.
  if (known !== undefined && (known === bytes || (bytes === null && path.startsWith(`${SINGLE}/`))))
    return true;
  return await copier.file(join(data, path), path);
}

async function copyItem(data: string, path: string, copier: Copier): Promise<boolean> {
  const [content, facts] = [`${path}/message.eml`, `${path}/facts.json`];
  const whole = copier.files.has(content) && copier.files.has(facts);
  const known = copier.files.get(content)?.bytes;
  const contentThere =
    (known !== undefined && known === sizeOf(join(data, content))) ||
    (await copier.file(join(data, content), content));
  // Always anew: recipients may have been added.
  const factsThere = await copier.file(join(data, facts), facts);
  // One that is broken, and stays, is copied as it is.
  if ((contentThere && factsThere) || sizeOf(join(data, path)) !== null) return true;
  if (!whole) forget(copier, (file) => file.startsWith(`${path}/`));
  return whole;
}

/** Of an earlier round, and finished, moved or released before this one. */
function forgetOthers(copier: Copier, listed: ReadonlySet<string>): void {
  const places = [`${SEGMENTS}/`, `${SINGLE}/`, `${QUARANTINE}/`];
  forget(copier, (file) => {
    const place = places.find((start) => file.startsWith(start));
    return place !== undefined && !listed.has(place + file.slice(place.length).split('/')[0]);
  });
}

/** Journals stay: one whose container is gone may speak of what moved out of it. */
function forget(copier: Copier, gone: (file: string) => boolean): void {
  for (const file of [...copier.files.keys()]) {
    if (isJournal({ name: file }) || !gone(file)) continue;
    rmSync(join(copier.to, file), { force: true });
    copier.files.delete(file);
  }
}

function isJournal({ name }: { readonly name: string }): boolean {
  return name.endsWith('.log');
}

function isContainer(entry: { readonly name: string; isFile(): boolean }): boolean {
  return entry.isFile() && !isJournal(entry) && !entry.name.endsWith('.tmp');
}

function isItem(entry: { readonly name: string; isDirectory(): boolean }): boolean {
  return entry.isDirectory() && !entry.name.startsWith('.');
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
