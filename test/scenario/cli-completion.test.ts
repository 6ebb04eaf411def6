/** The completion scripts name what the table of commands has: bash's is run by a real bash. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempFolder } from '../support/temp-folder.ts';
import { run } from './cli-stand-ins.ts';

const scripts: Record<string, string> = {};
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    scripts[shell] = (await run('/nonexistent', ['completion', shell])).out;
  }
});

/** What bash offers for the last of these words; the script is sourced, as a user would. */
async function offered(words: readonly string[], folder = '/'): Promise<string[]> {
  await using temp = await tempFolder();
  const file = join(temp.path, 'completion.bash');
  await writeFile(file, scripts.bash ?? '');
  const program = `set -u; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _geganti; printf '%s\\n' "\${COMPREPLY[@]-}"`;
  const { stdout } = await promisify(execFile)(
    'bash',
    ['--norc', '-c', program, 'bash', file, 'geganti', ...words],
    { cwd: folder },
  );
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash offers', () => {
  const cases: [string, string[], string[]][] = [
    ['commands', ['qu'], ['queue', 'quarantine']],
    ['what a noun can do', ['token', ''], ['add', 'list', 'remove']],
    ['the rest of a verb', ['queue', 're'], ['retry', 'release']],
    ['longer commands', ['log', 's'], ['show']],
    ['options of a command', ['queue', 'list', '--s'], ['--sender', '--stage']],
    ['short options', ['log', '-'], expect.arrayContaining(['-f', '-n', '--follow', '--json', '-h'])],
    ['options of a longer command only', ['log', 'show', '--a'], []],
    ['options before a command', ['--js'], ['--json']],
    ['choices', ['queue', 'list', '--stage', ''], ['scan', 'deliver']],
    ['choices after an equals sign', ['queue', 'list', '--stage', '=', 'd'], ['deliver']],
    ['choices right after it', ['queue', 'list', '--stage', '='], ['scan', 'deliver']],
    ['choices of an operand', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing for a free value', ['log', '--sender', ''], []],
    ['commands past options and their values', ['--config', 'x.yaml', '--json', 'queue', 'dr'], ['drop']],
    ['commands past a value with an equals sign', ['--config', '=', 'queue', 'user', 'dis'], ['disable']],
    ['commands to explain', ['help', 'agency', 's'], ['show', 'set']],
    ['nothing where nothing is known', ['frobnicate', ''], []],
    ['outcomes with dashes in them', ['log', '--outcome', 'log'], ['login-failed']],
  ];
  for (const [name, words, expected] of cases) {
    test(name, async () => expect(await offered(words)).toEqual(expected));
  }

  test('files for a path, spaces and all', async () => {
    await using folder = await tempFolder();
    await writeFile(join(folder.path, 'my settings.yaml'), '');
    expect(await offered(['status', '--config', 'my'], folder.path)).toEqual(['my settings.yaml']);
  });
});

test('every script knows every command and every option', async () => {
  const { commands } = JSON.parse((await run('/nonexistent', ['help', '--json'])).out);
  for (const { name, options } of commands as { name: string; options: { name: string }[] }[]) {
    expect(scripts.bash).toContain(`'${name}`);
    expect(scripts.zsh).toContain(`'${name}`);
    for (const word of name.split(' ')) expect(scripts.fish).toContain(` -a '${word}' `);
    for (const option of options) {
      expect(scripts.bash).toContain(`--${option.name}`);
      expect(scripts.zsh).toContain(`'--${option.name}:`);
      expect(scripts.fish).toMatch(new RegExp(`__geganti_in \\\\'${name}\\\\'.* -l ${option.name} `));
    }
  }
});

for (const [shell, args] of [
  ['bash', ['-n']],
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
] as const) {
  const path = ['/bin', '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, shell)).find(existsSync);
  test.skipIf(path === undefined)(`${shell} can read its script`, async () => {
    await using folder = await tempFolder();
    const file = join(folder.path, 'completion');
    await writeFile(file, scripts[shell] ?? '');
    await promisify(execFile)(path ?? shell, [...args, file]);
  });
}
