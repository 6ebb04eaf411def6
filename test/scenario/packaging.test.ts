/** What docker/ says fits what is there: units, containers and their scripts name things that exist, and leave no door open. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { variableOf } from '../../src/config/overrides.ts';
import { settingPaths } from '../../src/config/schema.ts';
import { serverSpecs } from '../../src/stack/server.ts';
import { defaultSettings } from '../support/settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const DOCKER = join(PROJECT, 'docker');
const UNITS = join(DOCKER, 'systemd');
const INSTALLED = '/opt/geganti/';

/** Key → its values, in order; sections do not share keys that we read. */
function readUnit(name: string): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const line of readFileSync(join(UNITS, name), 'utf8').split('\n')) {
    const [, key, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) keys.set(key, [...(keys.get(key) ?? []), value]);
  }
  return keys;
}

const units = readdirSync(UNITS).filter((name) => name.endsWith('.service'));

test.each([
  ['geganti.service', ['up']],
  ['geganti-receive.service', ['serve', '--roles', 'receive']],
  ['geganti-work.service', ['serve', '--roles', 'work,api']],
])('%s starts a command that there is', (name, words) => {
  const [program = '', ...args] = readUnit(name).get('ExecStart')?.[0]?.split(' ') ?? [];
  expect(program.startsWith(INSTALLED)).toBe(true);
  expect(statSync(join(PROJECT, program.slice(INSTALLED.length))).mode & 0o111).toBe(0o111);
  expect(args).toEqual([...words, '--config', '/etc/geganti/geganti.yaml']);
  const [command = ''] = args;
  const help = spawnSync(join(PROJECT, 'bin', 'geganti'), ['help', command], { encoding: 'utf8' });
  expect(help.status).toBe(0);
  for (const option of args.filter((word) => word.startsWith('--'))) expect(help.stdout).toContain(option);
});

test.each(units)('%s is locked in, and has more time to stop than the server takes', (name) => {
  const unit = readUnit(name);
  for (const key of [
    'NoNewPrivileges',
    'PrivateTmp',
    'PrivateDevices',
    'ProtectHome',
    'ProtectKernelTunables',
  ]) {
    expect(unit.get(key), key).toEqual(['yes']);
  }
  expect(unit.get('ProtectSystem')).toEqual(['strict']);
  expect(unit.get('ReadWritePaths')).toEqual(['/var/lib/geganti']);
  expect(unit.get('SystemCallFilter')?.[0]).toMatch(/^@system-service/);
  expect(unit.get('ExecReload')).toEqual(['/bin/kill -HUP $MAINPID']);
  const { stack, ...settings } = defaultSettings();
  const server = { command: '', args: [], cwd: '' };
  const specs = serverSpecs({
    settings: { ...settings, stack: { ...stack, processes: 2 } },
    server,
    env: {},
  });
  const neighbours = 4 * 10_000;
  const own = specs.reduce((sum, { stopMs }) => sum + stopMs, 0);
  const needed = name === 'geganti.service' ? own + neighbours : (specs[0]?.stopMs ?? 0);
  expect(Number(unit.get('TimeoutStopSec')?.[0]) * 1000).toBeGreaterThan(needed);
});

test('the processes of the server never are root, and only the receiver may open low ports', () => {
  const [receive, work] = [readUnit('geganti-receive.service'), readUnit('geganti-work.service')];
  for (const unit of [receive, work]) expect(unit.get('User')).toEqual(['geganti']);
  expect(receive.get('AmbientCapabilities')).toEqual(['CAP_NET_BIND_SERVICE']);
  expect(receive.get('CapabilityBoundingSet')).toEqual(['CAP_NET_BIND_SERVICE']);
  expect([work.get('AmbientCapabilities'), work.get('CapabilityBoundingSet')]).toEqual([undefined, ['']]);
  // At a stop, the worker first.
  expect(work.get('After')?.join(' ')).toContain('geganti-receive.service');
});

test('systemd makes the folders as the server does when it starts as root', () => {
  const lines = readFileSync(join(UNITS, 'geganti.tmpfiles.conf'), 'utf8').split('\n');
  const folders = lines.flatMap((line) => {
    const [type, path, mode, user, group] = line.split(/\s+/);
    return type === 'd' ? [[path?.slice('/var/lib/geganti'.length), mode, user, group].join(' ')] : [];
  });
  // The rights of src/lib/privileges-data.ts; its test has them too.
  expect(folders).toEqual([
    ' 0755 root root',
    '/run 1775 root geganti',
    '/log 0750 root geganti',
    '/log/delivery 0750 geganti geganti',
    '/spool 0700 geganti geganti',
    '/quarantine 0700 geganti geganti',
    '/directory 0750 geganti geganti',
    '/trace 0700 geganti geganti',
    '/certificate 0700 geganti geganti',
  ]);
});

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly secrets?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const compose = parse(readFileSync(join(DOCKER, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services);

test.each(services)(
  'container %s is checked, read-only and without rights that it does not need',
  (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.healthcheck?.test.length).toBeGreaterThan(0);
    for (const volume of service.volumes ?? [])
      expect(compose.volumes).toHaveProperty([volume.split(':')[0] ?? '']);
    for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty([secret]);
    const variables = Object.keys(service.environment ?? {}).filter((name) => name.startsWith('GEGANTI_'));
    const known = settingPaths.map(variableOf);
    expect(variables.filter((name) => !known.includes(name))).toEqual([]);
  },
);

test('from outside only mail doors and IMAP are reached', () => {
  const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[0]));
  expect(published.sort()).toEqual(['143', '25', '465', '587', '993']);
});

test('each container of ours runs a part that the scripts know, and asks for its health', () => {
  const entry = readFileSync(join(DOCKER, 'entry.sh'), 'utf8');
  const health = readFileSync(join(DOCKER, 'health.js'), 'utf8');
  for (const [name, { image, command = [], healthcheck }] of services) {
    if (image !== 'geganti') continue;
    expect(command).toEqual([name]);
    expect(entry).toMatch(new RegExp(`^  (.* \\| )?${name}( \\| .*)?\\)`, 'm'));
    if (healthcheck?.test[1] === 'node') {
      expect(healthcheck.test.slice(2)).toEqual(['/opt/geganti/docker/health.js', name]);
      expect(health).toContain(`  ${name}: [`);
    }
  }
});

test('the image is made of what there is, by scripts that can be run', () => {
  const lines = readFileSync(join(DOCKER, 'Dockerfile'), 'utf8').split('\n');
  const copied = lines.flatMap((line) =>
    (/^COPY (?!--from)(.+) \S+$/.exec(line)?.[1] ?? '').split(' ').filter(Boolean),
  );
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((name) => !existsSync(join(PROJECT, name)))).toEqual([]);
  for (const script of ['install.sh', 'entry.sh']) {
    expect(statSync(join(DOCKER, script)).mode & 0o111, script).toBe(0o111);
    expect(spawnSync('sh', ['-n', join(DOCKER, script)]).status, script).toBe(0);
  }
});

test.each([
  [['nothing'], 2, 'entry.sh: receive, work, redis'],
  [['redis'], 1, 'must hold letters and digits only'],
])('entry.sh refuses %s and a password that would change the URL', (args, code, words) => {
  const env = {
    PATH: process.env.PATH,
    ...(code === 1 ? { DATABASE_PASSWORD_FILE: join(PROJECT, 'package.json') } : {}),
  };
  const run = spawnSync(join(DOCKER, 'entry.sh'), args, { env, encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([code, expect.stringContaining(words)]);
});

test('one neighbour alone, as in a container: it answers, and leaves nothing when it is told to stop', async () => {
  await using folder = await tempFolder();
  const env = { PATH: process.env.PATH, GEGANTI_DATA: folder.path };
  const node = (script: string): string[] => [
    '--disable-warning=ExperimentalWarning',
    join(DOCKER, script),
    'redis',
  ];
  const part = spawn(process.execPath, node('part.js'), { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => part.once('exit', resolve));
  using _ = { [Symbol.dispose]: () => void part.kill('SIGTERM') };
  await waitFor('its health', () =>
    spawnSync(process.execPath, node('health.js'), { env }).status === 0 ? true : undefined,
  );
  part.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(existsSync(join(folder.path, 'run', 'redis', 'redis.sock'))).toBe(false);
  expect(spawnSync(process.execPath, node('health.js'), { env }).status).toBe(1);
});
