/**
 * Runs one of the programs beside the server, alone in its container: node docker/part.js redis. Settings as everywhere:
 * config/geganti.yaml and GEGANTI_ variables.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../src/config/env.ts';
import { loadSettings } from '../src/config/load.ts';
import { systemClock } from '../src/lib/clock.ts';
import { createLog } from '../src/lib/log.ts';
import { Problem } from '../src/lib/problem.ts';
import { runPart } from '../src/stack/part.ts';

const projectFolder = join(import.meta.dirname, '..');
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());
const listeners = [];
process.on('SIGHUP', () => {
  for (const listener of listeners) listener();
});

try {
  const file = join(projectFolder, 'config', 'geganti.yaml');
  const settings = loadSettings({
    file,
    env: readEnvironment(),
    isRoot: true,
    projectFolder,
    hostname: hostname(),
  });
  process.exitCode = await runPart({
    name: process.argv[2] ?? '',
    settings,
    log: createLog({ level: settings.logLevel, file: null }),
    clock: systemClock,
    stop: stop.signal,
    onReload: (listener) => listeners.push(listener),
  });
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  for (const line of error.message.split('\n')) console.error(`geganti: ${line}`);
  process.exitCode = 1;
}
