/**
 * postmaster@ and abuse@ exist in every domain of ours (RFC 5321 §4.5.1, RFC 2142 §4 and §5). Where nobody has the
 * mailbox they reach the administrators of the domain's agency; while none is named, mail to them waits at its sender.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Address, addressKey, type DomainName, localPart } from '../mail/address.ts';

const NAMES: readonly string[] = ['postmaster', 'abuse'];
const WARN_EVERY_MS = 3_600_000;

/** `address`: without `+detail`. */
export function isRoleAddress(address: Address): boolean {
  return NAMES.includes(localPart(addressKey(address)));
}

/** Domains of ours that have no administrator. */
export interface Vacancies {
  /** Somebody wanted to write to one: a warning in the log, at most hourly for each. */
  note(domain: DomainName): void;
}

export function createVacancies(deps: {
  clock: Pick<Clock, 'elapsedMs'>;
  log: Pick<Log, 'warn'>;
}): Vacancies {
  const { clock, log } = deps;
  const warnedAt = new Map<DomainName, number>();
  return {
    note(domain) {
      const now = clock.elapsedMs();
      const last = warnedAt.get(domain);
      if (last !== undefined && now - last < WARN_EVERY_MS) return;
      warnedAt.set(domain, now);
      log.warn({ domain }, 'mail to postmaster or abuse waits outside: name an administrator of this agency');
    },
  };
}
