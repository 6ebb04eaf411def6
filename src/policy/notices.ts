/**
 * Who is told of mail that the policy keeps: the recipients, of a link to external storage from outside; the
 * administrators of the agency, of spam under a login of theirs. Nobody else, and nobody is ever told of a notice.
 *
 * Invariant: a notice is synced in the spool when its promise resolves; only then is its cause settled, so a crash tells
 * twice, never not at all. One that cannot be stored does not stop the mail: it is in the log.
 */
import { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { type Address, addressKey } from '../mail/address.ts';
import { administratorsOf } from '../mail/administrators.ts';
import type { Envelope, Login, Recipient } from '../mail/envelope.ts';
import { buildLinkNotice, buildSpamNotice, type KeptNotice } from '../mail/kept-notice.ts';
import { newMessageId } from '../mail/message-id.ts';
import { noticeEnvelope } from '../mail/notice-envelope.ts';
import type { QuarantineReason } from '../mail/outcome.ts';

export interface Kept {
  readonly envelope: Envelope;
  /** From whom it is kept. */
  readonly recipients: readonly Address[];
  readonly reason: QuarantineReason;
  readonly detail: string;
}

export interface Notices {
  /** Never rejects. */
  tell(kept: Kept): Promise<void>;
}

export interface NoticesDeps {
  /** `Enter` of the spool. */
  readonly enter: (envelope: Envelope, content: Readable) => Promise<{ readonly kind: string }>;
  readonly hostname: string;
  readonly timezone: string;
  readonly clock: Pick<Clock, 'now' | 'elapsedMs'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** A stolen password sends thousands. */
const SPAM_EVERY_MS = 3_600_000;
const MAX_ACCOUNTS = 10_000;

export function createNotices(deps: NoticesDeps): Notices {
  const lately = createLately(deps.clock);
  return {
    async tell(kept) {
      const { door, login } = kept.envelope;
      if (door === 'internal') return;
      if (login === null && kept.reason === 'external-storage') await tellRecipients(deps, kept);
      if (login === null || kept.reason !== 'spam') return;
      const account = addressKey(login.address);
      if (lately.has(account)) return;
      lately.add(account);
      if (!(await tellAdministrators(deps, kept, login))) lately.remove(account);
    },
  };
}

function tellRecipients(deps: NoticesDeps, kept: Kept): Promise<boolean> {
  const keys = new Set(kept.recipients.map(addressKey));
  const recipients = kept.envelope.recipients.filter(({ address }) => keys.has(addressKey(address)));
  return send(deps, kept, recipients, (notice) =>
    buildLinkNotice({ ...notice, sender: kept.envelope.sender }),
  );
}

async function tellAdministrators(deps: NoticesDeps, kept: Kept, login: Login): Promise<boolean> {
  const to = administratorsOf(login);
  if (!to) return false;
  return await send(deps, kept, [to], (notice) =>
    buildSpamNotice({
      ...notice,
      to: to.address,
      account: login.address,
      client: kept.envelope.client?.address ?? null,
      recipients: kept.envelope.recipients.length,
    }),
  );
}

/** False: it could not be stored. */
async function send(
  { enter, hostname, timezone, clock, log }: NoticesDeps,
  { envelope: cause, detail, reason }: Kept,
  recipients: readonly Recipient[],
  build: (notice: KeptNotice) => Buffer,
): Promise<boolean> {
  const now = clock.now();
  const id = newMessageId(now);
  const { receivedAt } = cause;
  const facts = { about: cause.id, reason, notice: id };
  try {
    const content = build({ id, about: cause.id, hostname, timezone, now, receivedAt, detail });
    const envelope = noticeEnvelope({ id, cause, recipients, hostname, now, sizeBytes: content.length });
    const { kind } = await enter(envelope, Readable.from([content], { objectMode: false }));
    if (kind === 'stored') log.info(facts, 'notice of kept mail');
    else log.warn({ ...facts, kind }, 'a notice of kept mail could not be stored');
    return kind === 'stored';
  } catch (error) {
    log.warn({ ...facts, error: messageOf(error) }, 'a notice of kept mail could not be stored');
    return false;
  }
}

/** Accounts of which somebody was told within the hour; the oldest is forgotten when there are too many. */
function createLately(clock: Pick<Clock, 'elapsedMs'>) {
  const toldAt = new Map<Address, number>();
  return {
    has(account: Address): boolean {
      const at = toldAt.get(account);
      return at !== undefined && clock.elapsedMs() - at < SPAM_EVERY_MS;
    },
    add(account: Address): void {
      toldAt.delete(account);
      toldAt.set(account, clock.elapsedMs());
      const [oldest] = toldAt.size > MAX_ACCOUNTS ? toldAt.keys() : [];
      if (oldest !== undefined) toldAt.delete(oldest);
    },
    remove: (account: Address): void => void toldAt.delete(account),
  };
}
