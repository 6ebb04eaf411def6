/** Every RFC that the code or its settings cite is in docs/rfc-index.md, and every one there is cited. Exit code 1 else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');
const INDEX = 'docs/rfc-index.md';

const cited = new Map<string, string>();
for (const folder of ['src', 'config']) {
  for (const file of readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    for (const [, number = ''] of readFileSync(path, 'utf8').matchAll(/\bRFC (\d{3,5})\b/g))
      cited.set(number, path);
  }
}
const rows = readFileSync(join(PROJECT, INDEX), 'utf8').matchAll(/^\| (\d{3,5}) \|/gm);
const listed = new Set(Array.from(rows, ([, number = '']) => number));

const problems = [
  ...[...cited]
    .filter(([number]) => !listed.has(number))
    .map(([number, path]) => `${path}: RFC ${number} is not in ${INDEX}`),
  ...[...listed]
    .filter((number) => !cited.has(number))
    .map((number) => `${INDEX}: RFC ${number} is cited nowhere`),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
