/**
 * Guessing of passwords: failed logins are counted per address and per user name, each in a window of its own
 * that begins with the first failure. Whoever has used up a window is answered "later" without a look at the
 * password, except for a user at an address from which that user has logged in before: strangers who guess at a
 * name, or one broken device behind an agency's address, do not lock the others out.
 */
import type { Limits } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { networkOf } from './limits.ts';

const STEP_MS = 250;
const SLOWEST_MS = 4_000;
/** Bounds of memory: beyond them the oldest entries are forgotten. */
const MAX_WINDOWS = 20_000;
const MAX_KNOWN = 20_000;

export interface LoginGuard {
  mayTry(address: string, name: string): boolean;
  /** How long the answer is to be held back. */
  failed(address: string, name: string): number;
  succeeded(address: string, name: string): void;
}

interface Window {
  readonly since: number;
  count: number;
}

export function createLoginGuard(
  limits: Pick<Limits, 'authFailuresPerAddress' | 'authFailuresPerUser' | 'authWindowMs'>,
  clock: Pick<Clock, 'elapsedMs'>,
): LoginGuard {
  const byAddress = new Map<string, Window>();
  const byUser = new Map<string, Window>();
  const known = new Set<string>();

  const count = (windows: Map<string, Window>, key: string): number => {
    const window = windows.get(key);
    if (!window) return 0;
    if (clock.elapsedMs() - window.since <= limits.authWindowMs) return window.count;
    windows.delete(key);
    return 0;
  };
  const add = (windows: Map<string, Window>, key: string): number => {
    if (count(windows, key) === 0) {
      if (windows.size >= MAX_WINDOWS) forgetOldest(windows);
      windows.set(key, { since: clock.elapsedMs(), count: 0 });
    }
    const window = windows.get(key);
    return window ? ++window.count : 1;
  };

  return {
    mayTry(client, name) {
      const address = networkOf(client);
      const user = name.toLowerCase();
      if (known.has(`${user} ${address}`)) return true;
      return (
        count(byAddress, address) < limits.authFailuresPerAddress &&
        count(byUser, user) < limits.authFailuresPerUser
      );
    },
    failed(client, name) {
      const address = networkOf(client);
      const failures = Math.max(add(byAddress, address), add(byUser, name.toLowerCase()));
      return Math.min(SLOWEST_MS, failures * STEP_MS);
    },
    succeeded(client, name) {
      const key = `${name.toLowerCase()} ${networkOf(client)}`;
      known.delete(key);
      if (known.size >= MAX_KNOWN) forgetOldest(known);
      known.add(key);
    },
  };
}

function forgetOldest(entries: Map<string, unknown> | Set<string>): void {
  for (const key of entries.keys()) {
    entries.delete(key);
    return;
  }
}
