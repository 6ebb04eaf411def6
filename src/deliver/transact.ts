/**
 * Step 3 of a delivery: one LMTP transaction (RFC 2033) for all recipients of a message, with an answer for each.
 *
 * Invariants: the octets go out as they are in the spool, behind our own header lines; until the final dot everything
 * may be broken off without a trace; after it nothing is, for the peer may have taken the message.
 */
import type { Readable } from 'node:stream';
import type { Address, ReversePath } from '../mail/address.ts';
import type { Reply } from '../mail/reply.ts';
import { createDotStuffing, StrayLineEnd } from './dot-stuff.ts';
import type { LmtpConnection } from './lmtp.ts';

/** How far the transaction had come for a recipient. `final`: the final dot was sent. */
export type Phase = 'connect' | 'mail' | 'rcpt' | 'data' | 'content' | 'final';

/** `reply` null: the connection was lost, and `lost` says how. */
export type Answer =
  | { readonly phase: Phase; readonly reply: Reply }
  | { readonly phase: Phase; readonly reply: null; readonly lost: string };

export interface OutgoingMail<Recipient extends { readonly mailbox: Address }> {
  readonly sender: ReversePath;
  readonly recipients: readonly Recipient[];
  /** Goes in front of the content; whole lines. */
  readonly header: Buffer;
  /** Opened once a transaction. */
  readonly content: () => Promise<Readable>;
  readonly sizeBytes: number;
}

export type Answers<Recipient> = Map<Recipient, Answer>;

const STRAY: Reply = { code: 554, enhanced: '5.6.0', lines: ['the message holds a stray line end'] };

/** Rejects only when the content cannot be read; the connection is dropped then. */
export async function transact<Recipient extends { readonly mailbox: Address }>(
  connection: LmtpConnection,
  mail: OutgoingMail<Recipient>,
  signal: AbortSignal,
): Promise<Answers<Recipient>> {
  const source = await mail.content();
  const stop = (): void => connection.drop('cancelled');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { answers, accepted } = await openTransaction(connection, mail);
    if (accepted.length === 0) return answers;
    const ended = await sendContent(connection, mail, source);
    if (ended !== null) return withAll(answers, accepted, ended);
    // The point of no return: what the peer makes of the message now is waited for, stop or not.
    signal.removeEventListener('abort', stop);
    for (const recipient of accepted) {
      answers.set(recipient, answer(connection, 'final', await connection.read()));
    }
    return answers;
  } catch (error) {
    connection.drop('the message could not be read');
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    source.destroy();
  }
}

/** MAIL, RCPT and DATA. `accepted`: those for whom the content may be sent now; the others have their answer. */
async function openTransaction<Recipient extends { readonly mailbox: Address }>(
  connection: LmtpConnection,
  mail: OutgoingMail<Recipient>,
): Promise<{ answers: Answers<Recipient>; accepted: Recipient[] }> {
  const answers: Answers<Recipient> = new Map();
  const body = connection.extensions.has('8BITMIME') ? ' BODY=8BITMIME' : '';
  const [mailReply, ...rcptReplies] = await connection.commands([
    `MAIL FROM:<${mail.sender ?? ''}>${body}`,
    ...mail.recipients.map((recipient) => `RCPT TO:<${recipient.mailbox}>`),
  ]);
  const all = { answers, accepted: [] };
  if (!isPositive(mailReply)) {
    withAll(answers, mail.recipients, answer(connection, 'mail', mailReply ?? null));
    await reset(connection, mailReply ?? null);
    return all;
  }
  const accepted = mail.recipients.filter((recipient, index) => {
    const reply = rcptReplies[index] ?? null;
    if (!isPositive(reply)) answers.set(recipient, answer(connection, 'rcpt', reply));
    return isPositive(reply);
  });
  if (connection.lost !== null) {
    withAll(answers, accepted, answer(connection, 'rcpt', null));
    return all;
  }
  if (accepted.length === 0) {
    await reset(connection, rcptReplies.at(-1) ?? null);
    return all;
  }
  const [dataReply] = await connection.commands(['DATA']);
  if (dataReply?.code === 354) return { answers, accepted };
  withAll(answers, accepted, answer(connection, 'data', dataReply ?? null));
  await reset(connection, dataReply ?? null);
  return all;
}

/** Null: everything went out, the final dot included. Else what every recipient is answered. */
async function sendContent(
  connection: LmtpConnection,
  mail: Pick<OutgoingMail<never>, 'header' | 'sizeBytes'>,
  source: Readable,
): Promise<Answer | null> {
  const stuffing = createDotStuffing();
  try {
    let sent = 0;
    let dotSent = false;
    let taken = await connection.write(stuffing.push(mail.header));
    for await (const chunk of source) {
      if (!taken) break;
      sent += chunk.length;
      taken = await connection.write(stuffing.push(chunk));
    }
    if (taken && sent !== mail.sizeBytes) throw new Error(`read ${sent} octets of ${mail.sizeBytes}`);
    if (taken && !connection.usable) {
      connection.drop('a reply before the end of the message');
      taken = false;
    }
    if (taken) {
      const end = stuffing.end();
      // Lost while the dot is on its way counts as sent: the peer may have it.
      dotSent = true;
      taken = await connection.write([end]);
    }
    return taken ? null : answer(connection, dotSent ? 'final' : 'content', null);
  } catch (error) {
    if (!(error instanceof StrayLineEnd)) throw error;
    connection.drop(error.message);
    return { phase: 'content', reply: STRAY };
  }
}

/** Keeps the connection for the next message, if its answers can be relied on. */
async function reset(connection: LmtpConnection, last: Reply | null): Promise<void> {
  if (last === null || last.code < 400 || last.code > 599 || last.code === 421) {
    return connection.drop('no use after this reply');
  }
  const [reply] = await connection.commands(['RSET']);
  if (!isPositive(reply)) connection.drop('no use after RSET');
}

function isPositive(reply: Reply | null | undefined): boolean {
  return reply !== null && reply !== undefined && reply.code >= 200 && reply.code <= 299;
}

function answer(connection: LmtpConnection, phase: Phase, reply: Reply | null): Answer {
  return reply === null ? { phase, reply, lost: connection.lost ?? 'lost' } : { phase, reply };
}

function withAll<Recipient>(
  answers: Answers<Recipient>,
  recipients: readonly Recipient[],
  value: Answer,
): Answers<Recipient> {
  for (const recipient of recipients) answers.set(recipient, value);
  return answers;
}
