/**
 * The budgets of a session: errors, commands that bring no mail, messages. The library has none. A message that
 * is taken earns the session fresh budgets for errors and junk, as real clients keep theirs that way.
 */
import type { Limits } from '../config/settings.ts';
import type { Reply } from '../mail/reply.ts';
import { replies } from './replies.ts';

const SLOW_STEP_MS = 500;
const SLOWEST_MS = 5_000;

export interface Budgets {
  /** Counts a refused command; how long its answer is to be held back, or null: enough, close. */
  error(): number | null;
  /** Counts a command that may be sent for ever without mail; a reply: enough, close. */
  junk(): Reply | null;
  /** Counts a MAIL command; a reply: as many messages as a session may bring, close. */
  message(): Reply | null;
  /** A message was taken. */
  earned(): void;
}

export function createBudgets(
  limits: Pick<Limits, 'softErrors' | 'hardErrors' | 'junkCommands' | 'messagesPerSession'>,
): Budgets {
  let errors = 0;
  let junk = 0;
  let messages = 0;
  return {
    error() {
      errors++;
      if (errors >= limits.hardErrors) return null;
      return errors <= limits.softErrors
        ? 0
        : Math.min(SLOWEST_MS, (errors - limits.softErrors) * SLOW_STEP_MS);
    },
    junk: () => (++junk > limits.junkCommands ? replies.tooMuchJunk : null),
    message: () => (messages >= limits.messagesPerSession ? replies.sessionOver : null),
    earned() {
      errors = 0;
      junk = 0;
      messages++;
    },
  };
}

/**
 * What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 one, for a single host may have all
 * addresses below these and change them with every connection.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  while (groups.length + last.length < 8) groups.push('0');
  return `${[...groups, ...last].slice(0, 4).join(':')}::/64`;
}

/** Connections in all and per address, counted from the accepted socket to its close. */
export interface ConnectionCounts {
  /** Null: refused. Else to be called once when the connection is gone. */
  enter(address: string, perAddress: number): (() => void) | null;
}

export interface TotalCount {
  open: number;
  readonly limit: number;
}

/** `total` is shared by all doors; the counts per address are each door's own. */
export function createConnectionCounts(total: TotalCount): ConnectionCounts {
  const open = new Map<string, number>();
  return {
    enter(client, perAddress) {
      const address = networkOf(client);
      const here = open.get(address) ?? 0;
      if (here >= perAddress || total.open >= total.limit) return null;
      open.set(address, here + 1);
      total.open++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        total.open--;
        const rest = (open.get(address) ?? 1) - 1;
        if (rest > 0) open.set(address, rest);
        else open.delete(address);
      };
    },
  };
}
