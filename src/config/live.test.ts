import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultSettings } from '../../test/support/settings.ts';
import { type TempFolder, tempFolder } from '../../test/support/temp-folder.ts';
import { settingLeaves } from './keys.ts';
import { createLiveSettings, isReloadable, reloadSettings } from './live.ts';
import type { Sources } from './load.ts';

const settings = defaultSettings();

test('a reload writes new values into the sections that the parts of the server hold', () => {
  const live = createLiveSettings(settings);
  const { limits, quarantine } = live.current;
  const { mx } = live.current.doors;
  const next = structuredClone({
    ...settings,
    limits: { ...settings.limits, idleMs: 1, softErrors: 2 },
    quarantine: { ...settings.quarantine, keepMs: 3 },
    doors: { ...settings.doors, mx: { ...settings.doors.mx, maxRecipients: 4 } },
  });
  expect(live.reload(next)).toEqual({
    changed: ['doors.mx.maxRecipients', 'limits.idle', 'limits.softErrors', 'quarantine.keep'],
    ignored: [],
  });
  expect([limits.idleMs, limits.softErrors, quarantine.keepMs, mx.maxRecipients]).toEqual([1, 2, 3, 4]);
  expect(live.current).toEqual(next);
});

test('the given settings stay as they are', () => {
  const live = createLiveSettings(settings);
  live.reload({ ...settings, logLevel: 'debug' });
  expect([live.current.logLevel, settings.logLevel]).toEqual(['debug', 'info']);
});

test('what needs a restart is named each time, and keeps its value', () => {
  const live = createLiveSettings(settings);
  const mx = { ...settings.doors.mx, port: 26, verdictWaitMs: 0 };
  const next = { ...settings, hostname: 'new.moh.example', doors: { ...settings.doors, mx } };
  expect(live.reload(next)).toEqual({
    changed: ['doors.mx.verdictWait'],
    ignored: ['hostname', 'doors.mx.port'],
  });
  expect(live.reload(next)).toEqual({ changed: [], ignored: ['hostname', 'doors.mx.port'] });
  expect([live.current.hostname, live.current.doors.mx.port]).toEqual([settings.hostname, 2525]);
});

test('a certificate comes, changes and goes as a pair', () => {
  const live = createLiveSettings(settings);
  const pair = { cert: '/a', key: '/b' };
  expect(live.reload({ ...settings, certificate: pair }).changed).toEqual(['certificate']);
  expect(live.current.certificate).toEqual(pair);
  expect(live.reload({ ...settings, certificate: { ...pair, key: '/c' } }).changed).toEqual(['certificate']);
  expect(live.reload(settings).changed).toEqual(['certificate']);
  expect(live.current.certificate).toBeNull();
});

test('rules and the list of storage hosts change at once, each under its key', () => {
  const live = createLiveSettings(settings);
  const { policy } = live.current;
  const { storage, modes } = settings.policy;
  const next = {
    ...settings,
    policy: {
      ...settings.policy,
      attachmentBytes: 1,
      modes: { ...modes, sealed: { ...modes.sealed, in: null } },
      storage: { ...storage, shorteners: [] },
    },
  };
  expect(live.reload(next)).toEqual({
    changed: ['policy.rules.sealed', 'policy.attachments', 'policy.storageList'],
    ignored: [],
  });
  expect(policy).toEqual(next.policy);
});

test('the same settings change nothing', () =>
  expect(createLiveSettings(settings).reload(defaultSettings())).toEqual({ changed: [], ignored: [] }));

test('most keys need a restart, and all limits do not', () => {
  const keys = settingLeaves(settings).map(({ key }) => key);
  const limits = keys.filter((key) => key.startsWith('limits.'));
  expect(limits.every(isReloadable)).toBe(true);
  for (const key of ['doors.mx.port', 'data', 'services.redis', 'scan.concurrency', 'spool.segment', 'log']) {
    expect([key, isReloadable(key)]).toEqual([key, false]);
  }
});

async function sourcesIn(folder: TempFolder, yaml: string): Promise<Sources> {
  const file = join(folder.path, 'geganti.yaml');
  await writeFile(file, yaml);
  return { file, env: {}, isRoot: false, projectFolder: folder.path, hostname: '', hasIpv6: true };
}

function createLogged() {
  const lines: object[] = [];
  const note = (facts: object): void => void lines.push(facts);
  return { lines, log: { info: note, warn: note, error: note } };
}

test('a file with faults changes nothing, and each fault is a line of the log', async () => {
  await using folder = await tempFolder();
  const live = createLiveSettings(settings);
  const before = structuredClone(live.current);
  const yaml = 'limits: { idle: 1 s, message: 20 XB }\ncolour: red\n';
  const { lines, log } = createLogged();
  expect(reloadSettings({ live, sources: await sourcesIn(folder, yaml), log })).toBeNull();
  expect(live.current).toEqual(before);
  expect(lines).toEqual([
    { error: 'geganti.yaml: limits.message: "20 XB" is not a size; write it like "20 MB"' },
    { error: expect.stringMatching(/^geganti\.yaml: colour: is not a setting; /) },
  ]);
});

test('a good file is taken, and the log names the keys, not their values', async () => {
  await using folder = await tempFolder();
  const yaml = 'limits: { idle: 1 s }\ndatabase: { trace: "postgresql://u:rahsia@db.moh.example/x" }\n';
  const sources = await sourcesIn(folder, '');
  const live = createLiveSettings(defaultSettings());
  const { lines, log } = createLogged();
  reloadSettings({ live, sources, log });
  lines.splice(0);
  expect(reloadSettings({ live, sources: await sourcesIn(folder, yaml), log })?.changed).toEqual([
    'limits.idle',
  ]);
  expect(live.current.limits.idleMs).toBe(1000);
  expect(lines[0]).toEqual({ changed: ['limits.idle'] });
  expect(JSON.stringify(lines)).toContain('database.trace');
  expect(JSON.stringify(lines)).not.toContain('rahsia');
});
