import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** What a process prints that passes `a` three times, a number each, and how it ends. */
function run(setting: string): { printed: string; signal: string | null } {
  const code = `
    const { createCrashPoint } = await import(${JSON.stringify(new URL('crash-point.ts', import.meta.url).href)});
    const { writeSync } = await import('node:fs');
    const crash = createCrashPoint(${JSON.stringify(setting)});
    for (const n of [1, 2, 3]) { crash('a'); writeSync(1, String(n)); crash('b'); }`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', code]);
  return { printed: stdout.toString(), signal };
}

for (const [setting, printed, signal] of [
  ['', '123', null],
  ['a', '', 'SIGKILL'],
  ['a:3', '12', 'SIGKILL'],
  ['b:1', '1', 'SIGKILL'],
  ['a:4', '123', null],
  ['c', '123', null],
  ['no setting at all', '123', null],
] as const) {
  test(`"${setting}" dies ${signal ? `after "${printed}"` : 'nowhere'}`, () => {
    expect(run(setting)).toEqual({ printed, signal });
  });
}
