/**
 * `<data>/run/stack.json`: what the supervisor runs, for `status` and for the next supervisor, which ends what this one
 * could not (leftovers.ts). Written whole and renamed on each change; not synced, since after power loss nothing of it runs.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

export type PartStatus = 'starting' | 'ready' | 'restarting' | 'stopped';

export interface PartState {
  readonly name: string;
  readonly state: PartStatus;
  readonly pid: number | null;
  /** Names the process beyond its pid (process.ts); null: it does not run. */
  readonly identity: string | null;
  readonly restarts: number;
  /** Why it ended or does not start, in one line. */
  readonly lastError: string | null;
  /** What an operator should know although it runs: "only the test virus is known". */
  readonly note: string | null;
  /** When `state` began. */
  readonly since: number;
}

export interface StackState {
  /** null: stopped in order. */
  readonly supervisor: { readonly pid: number; readonly identity: string | null } | null;
  readonly ports: { readonly imap: number; readonly imaps: number };
  readonly parts: readonly PartState[];
}

const fileOf = (data: string): string => join(data, 'run', 'stack.json');

/** Never throws: on a full disk the last state stays, and the supervisor goes on. False: it could not be written. */
export function writeStackState(data: string, state: StackState): boolean {
  const temporary = `${fileOf(data)}.new`;
  try {
    // The server's user may make files here: whatever has our name is not written through, but replaced.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o644, flag: 'wx' });
    renameSync(temporary, fileOf(data));
    return true;
  } catch {
    return false;
  }
}

/** null: no stack was ever started here, or its state cannot be read. */
export function readStackState(data: string): StackState | null {
  return readState(fileOf(data), () => true);
}

/** The same for one who ends processes by it: what the server's user put there in root's place says nothing. */
export function readOwnStackState(data: string): StackState | null {
  return readState(fileOf(data), (uid) => uid === process.getuid?.());
}

function readState(path: string, isOurs: (owner: number) => boolean): StackState | null {
  try {
    // A pipe in its place would keep us waiting.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return isOurs(fstatSync(file).uid) && isStackState(value) ? value : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Its outline tells a whole one from a torn one. */
function isStackState(value: unknown): value is StackState {
  if (typeof value !== 'object' || value === null) return false;
  if (!('supervisor' in value) || !('ports' in value) || !('parts' in value)) return false;
  return Array.isArray(value.parts) && value.parts.every(isPartState);
}

function isPartState(value: unknown): value is PartState {
  if (typeof value !== 'object' || value === null) return false;
  if (!('name' in value) || !('pid' in value) || !('identity' in value)) return false;
  return typeof value.name === 'string' && (value.pid === null || typeof value.pid === 'number');
}
