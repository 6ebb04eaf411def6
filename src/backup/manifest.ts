/**
 * What makes a folder a backup: `manifest.json`, written last, and `files.sha256`, the list of all files with their
 * checksums, which `sha256sum -c files.sha256` reads as well. Only files of the list are part of the backup.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { asNumber, asString, BadField, oneOf, orNull, parseFields } from '../lib/fields.ts';
import { errorCode, Problem } from '../lib/problem.ts';

export const MANIFEST = 'manifest.json';
export const FILE_LIST = 'files.sha256';
/** Of a backup as this program writes it. */
const FORMAT = 1;

export interface CopiedFile {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Path below the backup's folder → its facts. */
export type FileTable = Map<string, CopiedFile>;

/** shared: it is within the dump of the directory's database. */
const FORMS = ['sqlite', 'postgresql', 'shared'] as const;
export type DatabaseForm = (typeof FORMS)[number];

export interface Manifest {
  readonly version: string;
  readonly hostname: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly directory: DatabaseForm;
  readonly trace: DatabaseForm;
  /** Mailboxes that are in it; null: none was asked for. */
  readonly mailboxes: number | null;
}

export async function writeManifest(folder: string, manifest: Manifest, files: FileTable): Promise<void> {
  const list = [...files].map(([path, { sha256 }]) => lineOf(path, sha256)).join('');
  await writeFile(join(folder, FILE_LIST), list, { mode: 0o600 });
  const facts = {
    format: FORMAT,
    ...manifest,
    startedAt: new Date(manifest.startedAt).toISOString(),
    finishedAt: new Date(manifest.finishedAt).toISOString(),
    files: files.size,
    bytes: totalBytes(files),
    list: hashOf(list),
  };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
}

export function totalBytes(files: FileTable): number {
  let sum = 0;
  for (const { bytes } of files.values()) sum += bytes;
  return sum;
}

/** Path → checksum of each file. Throws a Problem when the folder is no whole backup that this version reads. */
export async function readManifest(
  folder: string,
): Promise<{ readonly manifest: Manifest; readonly files: ReadonlyMap<string, string> }> {
  const text = await readPart(folder, MANIFEST);
  const list = await readPart(folder, FILE_LIST);
  const { manifest, count, listHash } = parseManifest(folder, text);
  const files = new Map(
    list
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseLine(folder, line)),
  );
  if (hashOf(list) !== listHash || files.size !== count) {
    throw new Problem(`${join(folder, FILE_LIST)}: is not as it was written; use another backup`);
  }
  return { manifest, files };
}

function parseManifest(
  folder: string,
  text: string,
): { manifest: Manifest; count: number; listHash: string } {
  const path = join(folder, MANIFEST);
  try {
    const fields = parseFields(text);
    const format = asNumber(fields.format, 'format');
    if (format !== FORMAT) {
      throw new Problem(
        `${path}: has format ${format}, this version reads ${FORMAT}; use the version that wrote it`,
      );
    }
    const manifest: Manifest = {
      version: asString(fields.version, 'version'),
      hostname: asString(fields.hostname, 'hostname'),
      startedAt: asMoment(fields.startedAt, 'startedAt'),
      finishedAt: asMoment(fields.finishedAt, 'finishedAt'),
      directory: oneOf(fields.directory, 'directory', FORMS),
      trace: oneOf(fields.trace, 'trace', FORMS),
      mailboxes: orNull(fields.mailboxes, 'mailboxes', asNumber),
    };
    return { manifest, count: asNumber(fields.files, 'files'), listHash: asString(fields.list, 'list') };
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    throw new Problem(`${path}: cannot be read (${error.message}); use another backup`);
  }
}

function asMoment(value: unknown, name: string): number {
  const moment = Date.parse(asString(value, name));
  if (Number.isNaN(moment)) throw new BadField(`${name}: no moment`);
  return moment;
}

async function readPart(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
    throw new Problem(`${folder}: holds no whole backup (${name} is missing); name the folder of a backup`);
  }
}

/** As sha256sum writes it: a name with a backslash or a line end is escaped, and its line begins with a backslash. */
function lineOf(path: string, sha256: string): string {
  if (!/[\\\n]/.test(path)) return `${sha256}  ${path}\n`;
  return `\\${sha256}  ${path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
}

function parseLine(folder: string, line: string): [string, string] {
  const [, escaped, sha256, name] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
  const path = escaped ? name?.replaceAll(/\\([\\n])/g, (_, what) => (what === 'n' ? '\n' : '\\')) : name;
  if (
    sha256 === undefined ||
    path === undefined ||
    isAbsolute(path) ||
    normalize(path) !== path ||
    path.startsWith('..')
  ) {
    throw new Problem(
      `${join(folder, FILE_LIST)}: "${line.slice(0, 200)}" is no line of a backup; use another backup`,
    );
  }
  return [path, sha256];
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
