/** The files of the delivery log: one for each day and writer, `2026-11-24.receive.jsonl`, in a folder of their own. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../lib/problem.ts';

const NAME = /^(\d{4}-\d{2}-\d{2})\.([a-z][a-z0-9-]*)\.jsonl$/;

export interface DayFile {
  readonly name: string;
  /** "2026-11-24": days compare as texts. */
  readonly day: string;
  readonly writer: string;
}

export function linesFolder(folder: string): string {
  return join(folder, 'delivery');
}

export function fileName(day: string, writer: string): string {
  const name = `${day}.${writer}.jsonl`;
  if (!NAME.test(name)) throw new Error(`no name for a writer: "${writer}"`);
  return name;
}

export function isDayFile(name: string): boolean {
  return NAME.test(name);
}

/** By day, then writer. A folder that is not there yet holds none. */
export async function listFiles(path: string): Promise<DayFile[]> {
  const names = await readdir(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names.sort().flatMap((name) => {
    const [, day, writer] = NAME.exec(name) ?? [];
    return day === undefined || writer === undefined ? [] : [{ name, day, writer }];
  });
}

/** The day of a moment, as people of the time zone (IANA name) count. */
export function dayIn(timezone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    return `${parts.year}-${parts.month}-${parts.day}`;
  };
}
