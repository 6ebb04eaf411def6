/**
 * Refusals at the door as events of the delivery log. One client may cause any number of them, and may have any number of
 * addresses, so each address gets a budget per minute, and all together get one; what is above is counted and told
 * once in the program's log. A refusal costs as much as it makes entries: one for each recipient of a message.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Finding, Reason } from '../mail/finding.ts';
import { formatReply } from '../mail/reply.ts';
import type { Trace } from '../trace/events.ts';
import { networkOf } from './limits.ts';
import type { Refusals } from './session-types.ts';

const WINDOW_MS = 60_000;
const PER_WINDOW = 60;
/** Of all addresses: some gigabytes of events a day at the very most. */
const ALL_PER_WINDOW = 3_000;
const MAX_ADDRESSES = 20_000;

interface Window {
  readonly since: number;
  recorded: number;
  suppressed: number;
}

export function createRefusals(deps: {
  trace: Pick<Trace, 'record'>;
  clock: Pick<Clock, 'elapsedMs'>;
  log: Log;
}): Refusals {
  const { trace, clock, log } = deps;
  const windows = new Map<string, Window>();

  const close = (address: string, window: Window): void => {
    windows.delete(address);
    if (window.suppressed > 0) {
      log.warn({ address, suppressed: window.suppressed }, 'refusals not written to the delivery log');
    }
  };

  const forgetOldest = (): void => {
    for (const [address, window] of windows) {
      close(address, window);
      return;
    }
  };

  let all: Window = { since: clock.elapsedMs(), recorded: 0, suppressed: 0 };
  const allMayRecord = (now: number, entries: number): boolean => {
    if (now - all.since > WINDOW_MS) {
      if (all.suppressed > 0) {
        log.warn(
          { suppressed: all.suppressed },
          'refusals of many addresses not written to the delivery log',
        );
      }
      all = { since: now, recorded: 0, suppressed: 0 };
    }
    if (all.recorded < ALL_PER_WINDOW) {
      all.recorded += entries;
      return true;
    }
    all.suppressed++;
    return false;
  };

  const mayRecord = (client: string, entries = 1): boolean => {
    const address = networkOf(client);
    const now = clock.elapsedMs();
    const old = windows.get(address);
    if (old && now - old.since > WINDOW_MS) close(address, old);
    if (!windows.has(address)) {
      if (windows.size >= MAX_ADDRESSES) forgetOldest();
      windows.set(address, { since: now, recorded: 0, suppressed: 0 });
    }
    const window = windows.get(address);
    if (!window) return false;
    if (window.recorded >= PER_WINDOW) {
      window.suppressed++;
      return false;
    }
    if (!allMayRecord(now, entries)) return false;
    window.recorded += entries;
    return true;
  };

  return {
    mayRecord,
    note({ session, command, reply, recipient, recipients, findings }) {
      if (!mayRecord(session.client.address, Math.max(1, recipients?.length ?? 0))) return;
      trace.record({
        kind: 'refused',
        id: null,
        door: session.door,
        client: session.client,
        login: session.login?.address ?? null,
        sender: session.sender,
        recipient,
        ...(recipients && { recipients }),
        command,
        reply: formatReply(reply),
        ...(findings && refusalFacts(findings)),
      });
    },
  };
}

/** What the event of a refusal tells of the content: why it was refused, and all that was found. */
export function refusalFacts(findings: readonly Finding[]): {
  readonly reasons: readonly Reason[];
  readonly findings: readonly Finding[];
} {
  const refusing = findings.filter(({ action }) => action === 'refuse');
  return { reasons: [...new Set(refusing.map(({ reason }) => reason))], findings };
}
