/**
 * The identity of a fact: `message/kind/recipient/number`. It is made from the fact alone, so a fact that is
 * recorded again (after a crash, or because a write failed half way) gets the same identity, and readers drop it.
 *
 * What happens each time anew (a refused command, a failed login, an operator's act) is told apart by `occurrence`.
 */
import type { TraceEvent } from './events.ts';

export function identityOf(event: TraceEvent, occurrence: () => string): string {
  if (event.id === null) return `-/${event.kind}//${occurrence()}`;
  return `${event.id}/${event.kind}/${detailOf(event, occurrence)}`;
}

function detailOf(event: TraceEvent, occurrence: () => string): string {
  switch (event.kind) {
    case 'refused':
      return `${event.recipient ?? ''}/${event.command}`;
    case 'login-failed':
    case 'accepted':
      return '/';
    case 'scanned':
      // A message scanned again after a crash may be judged otherwise, and that is a new fact.
      return `/${event.verdict.kind}.${event.verdict.action}`;
    case 'deferred':
      return `${event.recipients[0] ?? ''}/${event.stage}.${event.attempt}`;
    case 'delivered':
    case 'bounced':
    case 'quarantined':
    case 'discarded':
      return `${event.recipient}/`;
    case 'queue-act':
    case 'released':
    case 'purged':
      return `/${occurrence()}`;
    default:
      event satisfies never;
      return '/';
  }
}
