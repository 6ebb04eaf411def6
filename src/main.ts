/**
 * The entry of the program: reads settings, runs a command, waits for a signal, sets the exit code. A Problem is one
 * line for people; anything else that gets here is a bug and keeps its trace.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configOption } from './cli/parse.ts';
import { runCli } from './cli/run.ts';
import { readEnvironment } from './config/env.ts';
import { loadSettings } from './config/load.ts';
import type { Settings } from './config/settings.ts';
import { aborted } from './lib/aborted.ts';
import { systemClock } from './lib/clock.ts';
import { createCrashPoint } from './lib/crash-point.ts';
import { createLog } from './lib/log.ts';
import { Problem } from './lib/problem.ts';

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
  let settings: Settings | null = null;
  const given = (): Settings => {
    settings ??= loadSettings({
      file: config ?? join(PROJECT, 'config', 'geganti.yaml'),
      env: environment,
      isRoot: process.getuid?.() === 0,
      projectFolder: PROJECT,
      hostname: hostname(),
    });
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
      serve: () => serve(given()),
      up: () => up(given(), config === null ? [] : ['--config', config]),
    },
  });
}

async function serve(settings: Settings): Promise<number> {
  const { startServer } = await import('./server.ts');
  const log = createLog({ level: settings.logLevel, file: null });
  await using _server = await startServer({
    settings,
    log,
    version: version(),
    crashPoint: createCrashPoint(environment.GEGANTI_CRASH_AT),
  });
  await aborted(stop);
  log.info({}, 'stopping');
  return 0;
}

async function up(settings: Settings, configArguments: readonly string[]): Promise<number> {
  const { runUp } = await import('./stack/up.ts');
  const entry = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, entry, 'serve', ...configArguments];
  return await runUp({
    settings,
    server: { command: process.execPath, args, cwd: PROJECT },
    env: environment,
    clock: systemClock,
    stop,
    print: (line) => process.stdout.write(`${line}\n`),
  });
}

/** Aborted by the first SIGINT or SIGTERM; the handlers stay, so that a second one does not cut the stop short. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return found;
}
