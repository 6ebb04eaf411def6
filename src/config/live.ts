/**
 * Settings that change while the program runs. The parts of the server hold `current`, or sections of it, and read each
 * value when they need it; a reload writes the new values into these same objects, all of them in one go. What was made
 * from a value once (a port, a folder, a pool) cannot follow: those keys wait for a restart.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { settingLeaves, valueAt } from './keys.ts';
import { loadSettings, type Sources } from './load.ts';
import type { Settings } from './settings.ts';

/** Keys, or whole groups of them, that take effect by a reload; `*`: any one name. All others need a restart. */
export const RELOADABLE: readonly string[] = [
  'logLevel',
  'doors.*.verdictWait',
  'doors.*.maxRecipients',
  'doors.*.maxConnectionsPerAddress',
  'certificate',
  'limits',
  'spool.minFree',
  'scan.junkScore',
  'scan.spamScore',
  'scan.timeout',
  'scan.retry',
  'scan.maxRetry',
  'deliver.timeout',
  'deliver.retry',
  'deliver.expire',
  'policy',
  'quarantine',
  'log.keep',
];

export function isReloadable(key: string): boolean {
  const names = key.split('.');
  return RELOADABLE.some((entry) => entry.split('.').every((name, i) => name === '*' || name === names[i]));
}

export interface Reloaded {
  /** Keys that are in effect now. */
  readonly changed: readonly string[];
  /** Keys that differ from what runs and need a restart. */
  readonly ignored: readonly string[];
}

export interface LiveSettings {
  /** Always the same object, with the same sections. */
  readonly current: Settings;
  reload(next: Settings): Reloaded;
}

/** No two sections of the settings may be one object. */
export function createLiveSettings(settings: Settings): LiveSettings {
  const current = structuredClone(settings);
  return {
    current,
    reload(next) {
      const changed: string[] = [];
      const ignored: string[] = [];
      for (const { key, path, value } of settingLeaves(next)) {
        if (isDeepStrictEqual(valueAt(current, path), value)) continue;
        (isReloadable(key) ? changed : ignored).push(key);
        if (isReloadable(key)) put(current, path, structuredClone(value));
      }
      return { changed, ignored };
    },
  };
}

/** Reads file and environment again. Null: something is wrong with them; each fault is in the log, nothing changed. */
export function reloadSettings(deps: {
  live: LiveSettings;
  sources: Sources;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}): Reloaded | null {
  const { live, sources, log } = deps;
  try {
    const reloaded = live.reload(loadSettings(sources));
    log.info({ changed: reloaded.changed }, 'settings read again');
    if (reloaded.ignored.length > 0) log.warn({ keys: reloaded.ignored }, 'settings that need a restart');
    return reloaded;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    for (const line of error.message.split('\n')) log.error({ error: line }, 'settings not changed');
    return null;
  }
}

function put(tree: object, path: readonly string[], value: unknown): void {
  const name = path.at(-1);
  const parent = valueAt(tree, path.slice(0, -1));
  if (name !== undefined) Reflect.set(Object(parent), name, value);
}
