/** Sends one message as a mail client does (nodemailer), and says what the server answered. */
import { createTransport } from 'nodemailer';
import { parseMessageId } from '../../src/mail/message-id.ts';
import type { Mailing } from './mailings.ts';

export interface Answer {
  /** The server's words on one line. */
  readonly text: string;
  /** The message id in a `250`; null: refused. */
  readonly id: string | null;
}

export async function send(
  mailing: Mailing & { port: number; login: { user: string; password: string } | null },
): Promise<Answer> {
  const { port, door, login, from, subject, text } = mailing;
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: door === 'submissions',
    requireTLS: door === 'submission',
    // The certificate of a trial machine is self-signed.
    tls: { rejectUnauthorized: false },
    ...(login ? { auth: { user: login.user, pass: login.password } } : {}),
  });
  try {
    const attachments = mailing.attachments?.map((attachment) => ({ ...attachment }));
    const message = { from, to: [...mailing.to], subject, text, ...(attachments ? { attachments } : {}) };
    const { response } = await transport.sendMail(message);
    const id = response.split(/\s+/).find((word) => parseMessageId(word) !== null) ?? null;
    return { text: response, id };
  } catch (error) {
    const response = error instanceof Error && 'response' in error ? String(error.response) : String(error);
    return { text: response.replace(/\r?\n/g, ' | '), id: null };
  } finally {
    transport.close();
  }
}
