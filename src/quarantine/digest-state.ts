/**
 * How far recipients have been told, in a file that survives a crash: what a restart goes on from. One that is lost or
 * damaged is begun anew; then nobody is told what was kept before the last digest was due.
 */
import { readFile } from 'node:fs/promises';
import { systemFiles, writeFileDurably } from '../lib/durable-file.ts';
import { asFields, asList, asNumber, asString, BadField, orNull, parseFields } from '../lib/fields.ts';
import { errorCode } from '../lib/problem.ts';
import type { UserId } from '../mail/envelope.ts';

export interface DigestState {
  /** When the last round was due: that which is open, or else that which ended. */
  readonly dueAt: number;
  /** Of what was kept up to this moment everybody was told, but for those who are owed. */
  readonly toldUntil: number;
  /** A round that is under way; null: none. */
  readonly open: OpenRound | null;
  /** Who was not told as others were, and from when on. */
  readonly owed: readonly Owed[];
}

export interface OpenRound {
  /** It tells of what was kept up to this moment … */
  readonly until: number;
  /** … one user after another in the order of their ids, and has told all up to this one; null: nobody yet. */
  readonly after: UserId | null;
}

export interface Owed {
  readonly userId: UserId;
  readonly since: number;
}

const VERSION = 1;

/** Null: there is none that can be read; `problem` says why, unless there never was one. */
export async function readDigestState(
  path: string,
): Promise<{ readonly state: DigestState | null; readonly problem: string | null }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { state: null, problem: null };
    throw error;
  }
  try {
    return { state: parse(text), problem: null };
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return { state: null, problem: error.message };
  }
}

export function writeDigestState(path: string, state: DigestState): Promise<void> {
  return writeFileDurably(systemFiles, path, `${JSON.stringify({ version: VERSION, ...state })}\n`);
}

function parse(text: string): DigestState {
  const fields = parseFields(text);
  if (fields.version !== VERSION) throw new BadField(`version: ${fields.version}`);
  return {
    dueAt: asNumber(fields.dueAt, 'dueAt'),
    toldUntil: asNumber(fields.toldUntil, 'toldUntil'),
    open: orNull(fields.open, 'open', asRound),
    owed: asList(fields.owed, 'owed', asOwed),
  };
}

function asRound(value: unknown, name: string): OpenRound {
  const fields = asFields(value, name);
  return {
    until: asNumber(fields.until, `${name}.until`),
    after: orNull(fields.after, `${name}.after`, asUserId),
  };
}

function asOwed(value: unknown, name: string): Owed {
  const fields = asFields(value, name);
  return {
    userId: asUserId(fields.userId, `${name}.userId`),
    since: asNumber(fields.since, `${name}.since`),
  };
}

/** Ids of the directory have no form of their own that could be checked here. */
function asUserId(value: unknown, name: string): UserId {
  return asString(value, name) as UserId;
}
