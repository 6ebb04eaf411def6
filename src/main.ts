/**
 * The entry of the program: reads settings, runs a command, waits for a signal, sets the exit code. A Problem is one
 * line for people; anything else that gets here is a bug and keeps its trace.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackupResult } from './backup/backup.ts';
import type { RestoreResult } from './backup/restore.ts';
import type { Context } from './cli/command.ts';
import { configOption } from './cli/parse.ts';
import { runCli } from './cli/run.ts';
import type { BackupCall, RestoreCall } from './cli/server-commands.ts';
import { readEnvironment } from './config/env.ts';
import { createLiveSettings, reloadSettings } from './config/live.ts';
import { loadSettings, type Sources } from './config/load.ts';
import type { Settings } from './config/settings.ts';
import { checkSettings, explainSettings } from './config/show.ts';
import { aborted } from './lib/aborted.ts';
import { systemClock } from './lib/clock.ts';
import { createCrashPoint } from './lib/crash-point.ts';
import { createLog } from './lib/log.ts';
import { Problem } from './lib/problem.ts';
import type { Role } from './roles/role.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const environment = readEnvironment();
const stop = untilSignal();
process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  for (const line of error.message.split('\n')) process.stderr.write(`geganti: ${line}\n`);
  return 1;
});

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const config = configOption(argv);
  const sources: Sources = {
    file: config ?? join(PROJECT, 'config', 'geganti.yaml'),
    env: environment,
    isRoot: process.getuid?.() === 0,
    projectFolder: PROJECT,
    hostname: hostname(),
  };
  let settings: Settings | null = null;
  const given = (): Settings => {
    settings ??= loadSettings(sources);
    return settings;
  };
  return await runCli(argv, {
    get endpoint() {
      return given().services.api;
    },
    get timezone() {
      return given().timezone;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: process.stdout.isTTY === true,
    env: environment,
    signal: stop,
    commands: {
      serve: ({ roles }) => serve(given(), sources, roles),
      // Its processes run in another folder than this one.
      up: () => up(given(), sources, config === null ? [] : ['--config', resolve(config)]),
      configCheck: () => checkSettings(sources),
      configShow: () => explainSettings(sources),
      backup: (call, context) => backUp(given(), sources, call, context),
      restore: (call, context) => bringBack(given(), call, context),
    },
  });
}

async function serve(given: Settings, sources: Sources, roles: readonly Role[]): Promise<number> {
  const reloads = onHangUp();
  const { startServer } = await import('./server.ts');
  const live = createLiveSettings(given);
  const settings = live.current;
  const log = createLog({ level: settings.logLevel, file: null });
  await using server = await startServer({
    settings,
    roles,
    log,
    version: version(),
    crashPoint: createCrashPoint(environment.GEGANTI_CRASH_AT),
  });
  reloads.listen(() => {
    if (reloadSettings({ live, sources, log })) log.setLevel(settings.logLevel);
    void server.renewCertificate();
  });
  await aborted(stop);
  log.info({}, 'stopping');
  return 0;
}

async function up(given: Settings, sources: Sources, configArguments: readonly string[]): Promise<number> {
  const reloads = onHangUp();
  const { runUp } = await import('./stack/up.ts');
  const live = createLiveSettings(given);
  const entry = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, entry, 'serve', ...configArguments];
  return await runUp({
    settings: live.current,
    server: { command: process.execPath, args, cwd: PROJECT },
    env: environment,
    clock: systemClock,
    stop,
    onReload: reloads.listen,
    reread: (log) => void reloadSettings({ live, sources, log }),
    print: (line) => process.stdout.write(`${line}\n`),
  });
}

async function backUp(
  settings: Settings,
  { file }: Sources,
  { to, mailboxes }: BackupCall,
  { terminal, signal }: Context,
): Promise<BackupResult> {
  const { backup } = await import('./backup/backup.ts');
  return await backup({
    settings,
    settingsFile: file,
    to: resolve(to),
    mailboxes,
    version: version(),
    env: environment,
    clock: systemClock,
    signal,
    progress: (line) => terminal.note(line),
  });
}

async function bringBack(
  settings: Settings,
  { from }: RestoreCall,
  { terminal, signal }: Context,
): Promise<RestoreResult> {
  const { restore } = await import('./backup/restore.ts');
  return await restore({
    settings,
    from: resolve(from),
    env: environment,
    signal,
    progress: (line) => terminal.note(line),
  });
}

/** Aborted by the first SIGINT or SIGTERM; the handlers stay, so that a second one does not cut the stop short. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

/** SIGHUP from now on; one that comes before anybody listens is heard then. It would end the program otherwise. */
function onHangUp(): { listen(listener: () => void): void } {
  let hear: (() => void) | null = null;
  let missed = false;
  process.on('SIGHUP', () => {
    if (hear) hear();
    else missed = true;
  });
  return {
    listen(listener) {
      hear = listener;
      if (missed) listener();
    },
  };
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return found;
}
