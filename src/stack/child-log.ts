/** `<data>/log/<name>.log`: what a child writes to its standard output and error, appended over restarts. */
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

/** At a start a longer file is set aside as `<name>.log.1`, in place of the one before. */
const rotateBytes = 10 * 1024 * 1024;
const tailBytes = 16 * 1024;

export interface OpenLog {
  readonly fd: number;
  /** The line of this run that best says what went wrong; null: it said nothing. */
  lastWords(): string | null;
  /** The lines of this run that begin with `prefix`, without it; null: none does. */
  linesAfter(prefix: string): string | null;
  close(): void;
}

export function openChildLog(path: string): OpenLog {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > rotateBytes) renameSync(path, `${path}.1`);
  // Read too, for lastWords: by then somebody may have moved the file away.
  const fd = openSync(path, 'a+', 0o640);
  const begin = fstatSync(fd).size;
  const tail = (): string => {
    const end = fstatSync(fd).size;
    const from = Math.max(begin, end - tailBytes);
    const buffer = Buffer.alloc(Math.max(0, end - from));
    readSync(fd, buffer, 0, buffer.length, from);
    return buffer.toString('utf8');
  };
  return {
    fd,
    lastWords: () => bestLine(tail()),
    linesAfter(prefix) {
      const found = tail()
        .split('\n')
        .filter((line) => line.startsWith(prefix));
      return found.length === 0 ? null : found.map((line) => line.slice(prefix.length)).join('\n');
    },
    close: () => closeSync(fd),
  };
}

/** The last line that speaks of a failure, else the last line at all. */
function bestLine(text: string): string | null {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line =
    lines.findLast((candidate) => /error|fatal|fail|cannot|can't|denied/i.test(candidate)) ?? lines.at(-1);
  return line === undefined ? null : line.slice(0, 300);
}
