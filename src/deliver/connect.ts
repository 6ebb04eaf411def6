/**
 * Step 2 of a delivery: a connection to the mailbox server. A few are kept open and used again; a kept one that died
 * meanwhile costs a second try on a fresh one, and no attempt of the message.
 */
import type { Address } from '../mail/address.ts';
import { type LmtpConnection, type LmtpTarget, openLmtp } from './lmtp.ts';
import { type Answer, type Answers, type OutgoingMail, transact } from './transact.ts';

export interface LmtpPool extends AsyncDisposable {
  /** One transaction, with an answer for every recipient. Rejects only when the content cannot be read. */
  deliver<Recipient extends { readonly mailbox: Address }>(
    mail: OutgoingMail<Recipient>,
    signal: AbortSignal,
  ): Promise<Answers<Recipient>>;
  /** Whether the server takes a connection now, for the status command. */
  probe(): Promise<{ readonly up: boolean; readonly detail: string | null }>;
}

/** Who asks for the status waits for it. */
const PROBE_MS = 2_000;

/** `keep`: idle connections kept for the next message. How many are open at a time is the queue's concurrency. */
export function createLmtpPool(target: LmtpTarget & { readonly keep: number }): LmtpPool {
  const idle: LmtpConnection[] = [];
  let closed = false;

  function takeIdle(): LmtpConnection | null {
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      if (kept.usable) return kept;
      kept.drop('closed while idle');
    }
    return null;
  }

  function giveBack(connection: LmtpConnection): void {
    if (!connection.usable) connection.drop('not usable again');
    else if (closed || idle.length >= target.keep) connection[Symbol.dispose]();
    else idle.push(connection);
  }

  async function over<Recipient extends { readonly mailbox: Address }>(
    connection: LmtpConnection,
    mail: OutgoingMail<Recipient>,
    signal: AbortSignal,
  ): Promise<Answers<Recipient>> {
    try {
      return await transact(connection, mail, signal);
    } finally {
      giveBack(connection);
    }
  }

  return {
    async deliver(mail, signal) {
      const kept = takeIdle();
      if (kept) {
        const answers = await over(kept, mail, signal);
        if (signal.aborted || ![...answers.values()].every(diedBeforeMail)) return answers;
      }
      const fresh = await openLmtp(target, signal);
      if (typeof fresh !== 'string') return over(fresh, mail, signal);
      const answer: Answer = { phase: 'connect', reply: null, lost: fresh };
      return new Map(mail.recipients.map((recipient) => [recipient, answer]));
    },

    async probe() {
      const patience = { ...target, timeoutMs: Math.min(target.timeoutMs, PROBE_MS) };
      const connection = await openLmtp(patience, new AbortController().signal);
      if (typeof connection === 'string') return { up: false, detail: connection };
      connection[Symbol.dispose]();
      return { up: true, detail: null };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      for (const connection of idle.splice(0)) connection[Symbol.dispose]();
    },
  };
}

/** The peer had closed it, or says so in place of an answer (RFC 5321 §3.8: 421 at any time). Nothing was sent. */
function diedBeforeMail(answer: Answer): boolean {
  return answer.phase === 'mail' && (answer.reply === null || answer.reply.code === 421);
}
