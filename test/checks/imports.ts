/**
 * Walks the import lines of src/ and enforces the rules of docs/architecture.md: who may import whom, no
 * cycles, no stage importing another, and each package named in one file. Prints every breach; exit code 1.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** What a folder may import besides itself; a path with a slash is one file. `*`: anything. */
const INTERFACES = [
  'spool/spool.ts',
  'queue/queue.ts',
  'queue/verdicts.ts',
  'trace/events.ts',
  'directory/directory.ts',
  'directory/grades.ts',
  'quarantine/quarantine.ts',
];
const MAY: Record<string, readonly string[]> = {
  lib: [],
  mail: ['lib'],
  rules: ['lib', 'mail'],
  config: ['lib'],
  db: ['lib'],
  directory: ['lib', 'mail', 'db'],
  trace: ['lib', 'mail', 'db'],
  spool: ['lib', 'mail', 'db'],
  queue: ['lib', 'mail', 'db', 'spool/spool.ts'],
  quarantine: ['lib', 'mail', 'db'],
  mailbox: ['lib', 'mail', 'db'],
  receive: ['lib', 'mail', 'rules', ...INTERFACES],
  scan: ['lib', 'mail', 'rules'],
  policy: ['lib', 'mail', 'rules'],
  deliver: ['lib', 'mail', 'rules'],
  http: ['lib', 'mail', ...INTERFACES],
  cli: ['lib', 'http/resources.ts'],
  stack: ['lib'],
  'server.ts': ['*'],
  'main.ts': ['*'],
};
/** The only files of a stage that touch spool, queue, trace, directory and quarantine. */
const STAGE_FILES = /^(scan|policy|deliver)\/(stage|bounce|facts)\.ts$/;
/** The types of the settings may be named everywhere; the code of config only by the root. */
const TYPES_EVERYWHERE = ['config/settings.ts'];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = (readdirSync(SRC, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.ts'))
  .sort();
const problems: string[] = [];
const packages = new Map<string, Set<string>>();
const graph = new Map<string, string[]>();

for (const file of files) {
  for (const found of importsOf(file)) {
    const test = file.endsWith('.test.ts');
    if (!found.to.startsWith('.')) {
      if (!found.to.startsWith('node:') && !test) notePackage(found);
      continue;
    }
    const target = normalize(join(dirname(file), found.to));
    if (test) continue;
    if (!allowed(file, target, found.typeOnly)) problems.push(`${file} must not import ${target}`);
    graph.set(file, [...(graph.get(file) ?? []), target]);
  }
}

for (const [name, importers] of packages) {
  if (importers.size > 1)
    problems.push(`package ${name} is imported by several files: ${[...importers].join(', ')}`);
}
for (const cycle of cycles()) problems.push(`cycle: ${cycle.join(' -> ')}`);

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)) {
    found.push({ from: file, to: match[2] ?? '', typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/\bimport\('([^']+)'\)/g)) {
    found.push({ from: file, to: match[1] ?? '', typeOnly: false });
  }
  return found;
}

function notePackage(found: Import): void {
  const parts = found.to.split('/');
  const name = found.to.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  // A package's parts are libraries of their own: kysely/migration, nodemailer/lib/smtp-connection.
  const key = name === 'nodemailer' ? found.to : name;
  if (key === 'kysely' && found.from.match(/^(db|directory|trace)\//)) return;
  packages.set(key, (packages.get(key) ?? new Set()).add(found.from));
}

function allowed(file: string, target: string, typeOnly: boolean): boolean {
  const folder = topOf(file);
  const targetFolder = topOf(target);
  if (folder === targetFolder) return true;
  if (typeOnly && TYPES_EVERYWHERE.includes(target)) return true;
  const may = STAGE_FILES.test(file) ? [...(MAY[folder] ?? []), ...INTERFACES] : MAY[folder];
  if (!may) return false;
  return may.some((entry) => entry === '*' || entry === targetFolder || entry === target);
}

function topOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function cycles(): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, path: string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push([...path.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}
