/**
 * What operators do with kept mail: let it go, or delete it.
 *
 * A release is a new message that names the kept one as its parent. It enters the spool like any other: it is scanned
 * again (promise P3), and what its verdict means is decided with its `release` in mind (`mail/destination.ts`).
 *
 * Order: the new message is synced in the spool, the event is in the delivery log, and only then the kept one goes. A
 * crash in between leaves it kept, so that it may be released twice and never not at all.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { type Address, addressKey } from '../mail/address.ts';
import type { Envelope, Release } from '../mail/envelope.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import { printable } from '../mail/reply.ts';
import type { Enter } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import type { Quarantine, QuarantineItem, Released, Releases } from './quarantine.ts';

export interface ReleasesDeps {
  readonly quarantine: Pick<Quarantine, 'get' | 'read' | 'remove'>;
  readonly enter: Enter;
  readonly trace: Pick<Trace, 'record' | 'flush'>;
  readonly clock: Clock;
  readonly log: Log;
}

export function createReleases(deps: ReleasesDeps): Releases {
  const { quarantine, trace } = deps;
  let tail: Promise<unknown> = Promise.resolve();

  /** Two operators who act at once must not release a message twice. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = tail.then(work);
    tail = mine.catch(() => {});
    return mine;
  };

  return {
    release: (id, recipients, release) =>
      inTurn(async () => {
        const item = await quarantine.get(id);
        if (!item) return absent(id);
        const chosen = choose(item, recipients);
        if (typeof chosen === 'string') return refused(chosen);
        const danger = release.force ? null : dangerOf(item);
        if (danger !== null) return refused(danger);
        return letGo(deps, item, chosen, release);
      }),

    purge: (id, by) =>
      inTurn(async () => {
        const item = await quarantine.get(id);
        if (!item) return absent(id);
        trace.record({ kind: 'purged', id, recipients: item.recipients, by });
        await trace.flush();
        await quarantine.remove(id, item.recipients);
        return { kind: 'purged', item };
      }),
  };
}

async function letGo(
  deps: ReleasesDeps,
  item: QuarantineItem,
  recipients: readonly Address[],
  release: Release,
): Promise<Released> {
  const { quarantine, enter, trace, log } = deps;
  const { id } = item.envelope;
  const content = await quarantine.read(id);
  if (!content) return absent(id);
  const envelope = releasedEnvelope(item, recipients, release, deps.clock.now());
  const entered = await enter(envelope, content);
  if (entered.kind !== 'stored') {
    const why = entered.kind === 'full' ? 'has no room' : 'could not store it';
    return refused(`message ${id} stays in quarantine: the spool ${why}; try again later`);
  }
  trace.record({ kind: 'released', id, recipients, child: envelope.id, ...release, reason: item.reason });
  await trace.flush();
  try {
    await quarantine.remove(id, recipients);
  } catch (error) {
    // It is on its way all the same.
    log.error(
      { id, child: envelope.id, error: messageOf(error) },
      'a released message is still in quarantine',
    );
  }
  return { kind: 'released', message: envelope.id };
}

/** What it was when it came, but for the way it comes now. */
function releasedEnvelope(
  { envelope }: QuarantineItem,
  recipients: readonly Address[],
  release: Release,
  now: number,
): Envelope {
  const keys = new Set(recipients.map(addressKey));
  return {
    ...envelope,
    id: newMessageId(now),
    door: 'internal',
    client: null,
    receivedAt: now,
    recipients: envelope.recipients.filter(({ address }) => keys.has(addressKey(address))),
    parent: envelope.id,
    release,
  };
}

/** The problem, when one of them is not among those that it was kept from. */
function choose(item: QuarantineItem, recipients: readonly string[] | null): readonly Address[] | string {
  if (recipients === null) return item.recipients;
  if (recipients.length === 0) return 'recipients: there are none; name those who shall get the message';
  const wanted = new Set(recipients.map((one) => one.toLowerCase()));
  const chosen = item.recipients.filter((address) => wanted.delete(addressKey(address)));
  const [stranger] = wanted;
  if (stranger === undefined) return chosen;
  const some = item.recipients.slice(0, 5).join(', ');
  return `recipients: message ${item.envelope.id} was not kept from ${printable(stranger)}; it was from ${some}`;
}

/** Why it must not go without force; null: it may. */
function dangerOf({ envelope, reason, verdict }: QuarantineItem): string | null {
  if (reason !== 'virus' && verdict?.kind !== 'infected') return null;
  const virus = verdict?.signature ?? 'a virus';
  return `message ${envelope.id} holds ${virus}; it is released only with force`;
}

function refused(problem: string): Released {
  return { kind: 'refused', problem };
}

function absent(id: MessageId): { readonly kind: 'absent'; readonly problem: string } {
  return { kind: 'absent', problem: `no message ${id} is in quarantine` };
}
