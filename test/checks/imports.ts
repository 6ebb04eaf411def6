/**
 * Walks the import lines of src/ and enforces the table of docs/architecture.md (who may import whom, no cycles, no stage
 * importing another) and that of docs/dependencies.md (which file imports a package). Prints every breach; exit code 1.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');
const SRC = join(PROJECT, 'src');

/** What the folders show each other; a path with a slash is one file. */
const INTERFACES = [
  'spool/spool.ts',
  'queue/queue.ts',
  'queue/verdicts.ts',
  'queue/crash-points.ts',
  'trace/events.ts',
  'trace/log.ts',
  'directory/directory.ts',
  'quarantine/quarantine.ts',
  'link/receiver.ts',
  'link/reports.ts',
];
/** What a folder may import besides itself. `*`: anything. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  mail: ['lib'],
  rules: ['lib', 'mail'],
  config: ['lib', 'mail', 'rules/catalogue.ts'],
  db: ['lib'],
  directory: ['lib', 'mail', 'db'],
  trace: ['lib', 'mail', 'db'],
  spool: ['lib', 'mail'],
  queue: ['lib', 'mail', 'spool/spool.ts', 'trace/events.ts'],
  quarantine: ['lib', 'mail', 'rules', 'spool/spool.ts', 'trace/events.ts'],
  link: [
    'lib',
    'mail',
    'spool/journal-entry.ts',
    'spool/message-state.ts',
    'spool/read-placed.ts',
    ...INTERFACES,
  ],
  backup: ['lib', 'db'],
  receive: ['lib', 'mail', 'rules', ...INTERFACES],
  scan: ['lib', 'mail', 'rules'],
  policy: ['lib', 'mail', 'rules'],
  deliver: ['lib', 'mail', 'rules'],
  http: ['lib', 'mail', 'rules', ...INTERFACES],
  cli: ['lib', 'http/resources.ts', 'roles/role.ts', 'rules/reason-texts.ts'],
  stack: ['lib'],
  roles: ['*'],
  'server.ts': ['*'],
  'server-status.ts': ['*'],
  'main.ts': ['*'],
};
/** The only files of a stage that touch spool, queue, trace, directory and quarantine. */
const STAGE_FILES = ['scan/stage.ts', 'policy/stage.ts', 'deliver/stage.ts', 'deliver/bounce.ts'];
/** Types alone: what the command is handed answers with them. */
const MAY_NAME: Readonly<Record<string, readonly string[]>> = {
  cli: ['backup/backup.ts', 'backup/restore.ts', 'config/show.ts'],
  config: ['rules/content-policy.ts'],
};
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

problems.push(...packageProblems());
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
  packages.set(name, (packages.get(name) ?? new Set()).add(found.from));
}

/** Package, importers and table of docs/dependencies.md must agree: `| \`yaml\` | \`config/yaml-file.ts\` | why |`. */
function packageProblems(): string[] {
  const page = readFileSync(join(PROJECT, 'docs', 'dependencies.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \| ((?:`[^`]+`(?:, )?)+) \|/gm)];
  const places = new Map(rows.map(([, name, files]) => [name ?? '', files?.match(/[^`, ]+/g) ?? []]));
  const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
  const found: string[] = [];
  for (const name of new Set([...packages.keys(), ...places.keys(), ...Object.keys(manifest.dependencies)])) {
    const importers = [...(packages.get(name) ?? [])];
    const listed = places.get(name) ?? [];
    const isAt = (file: string, place: string): boolean =>
      place.endsWith('/') ? file.startsWith(place) : file === place;
    if (listed.length === 0) found.push(`package ${name} has no line in docs/dependencies.md`);
    for (const file of importers) {
      if (!listed.some((place) => isAt(file, place)))
        found.push(
          `${file} must not import ${name}: docs/dependencies.md says ${listed.join(', ') || 'nothing'}`,
        );
    }
    for (const place of listed) {
      if (!importers.some((file) => isAt(file, place)))
        found.push(`docs/dependencies.md: ${place} does not import ${name}`);
    }
  }
  return found;
}

function allowed(file: string, target: string, typeOnly: boolean): boolean {
  const folder = topOf(file);
  const targetFolder = topOf(target);
  if (folder === targetFolder) return true;
  if (typeOnly && [...TYPES_EVERYWHERE, ...(MAY_NAME[folder] ?? [])].includes(target)) return true;
  const may = STAGE_FILES.includes(file) ? [...(MAY[folder] ?? []), ...INTERFACES] : MAY[folder];
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
