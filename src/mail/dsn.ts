/**
 * The message that tells a sender what could not be delivered: multipart/report (RFC 6522) of a text for people, Bahasa
 * Melayu first, then English; a delivery status for programs (RFC 3464); and the header of the original.
 *
 * Invariants: every octet is 7-bit ASCII and every line ends in CRLF; what a stranger wrote (a reply, a header) is made
 * printable or encoded, and cut, so that it can neither add a header nor move a cursor.
 */
import type { Address } from './address.ts';
import { type Explanation, explain } from './dsn-texts.ts';
import type { MessageId } from './message-id.ts';
import { quotedPrintable } from './quoted-printable.ts';
import { formatReply, printable, type Reply } from './reply.ts';

export interface FailureNotice {
  /** Of this notice, and of the message that it is about. */
  readonly id: MessageId;
  readonly about: MessageId;
  readonly hostname: string;
  /** IANA name, for the text. */
  readonly timezone: string;
  readonly now: number;
  readonly receivedAt: number;
  readonly to: Address;
  /** The Message-ID header of the original; null: none. */
  readonly messageIdHeader: string | null;
  /** The header of the original, whole lines, or its beginning. */
  readonly originalHeader: Buffer;
  readonly failures: readonly {
    readonly recipient: Address;
    readonly reply: Reply;
    /** What it means and what to do, in ASCII; absent: what the enhanced code says. */
    readonly explanation?: Explanation;
  }[];
}

/** The remote text in a notice, in octets. */
const REPLY_LIMIT = 500;

export function noticeMessageId(id: MessageId, hostname: string): string {
  return `<${id}@${hostname}>`;
}

export function buildFailureNotice(notice: FailureNotice): Buffer {
  const boundary = `=_${notice.id}`;
  const parts = [
    [
      'Content-Type: text/plain; charset=us-ascii',
      'Content-Transfer-Encoding: 7bit',
      '',
      ...humanText(notice),
    ],
    [
      'Content-Type: message/delivery-status',
      'Content-Transfer-Encoding: 7bit',
      '',
      ...deliveryStatus(notice),
    ],
    originalHeaderPart(notice.originalHeader),
  ];
  const lines = [
    ...header(notice, boundary),
    '',
    'This is a message in MIME format (multipart/report).',
    ...parts.flatMap((part) => ['', `--${boundary}`, ...part]),
    '',
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

function header(notice: FailureNotice, boundary: string): string[] {
  const original = messageIdOf(notice.messageIdHeader);
  const references = original === null ? [] : [`In-Reply-To: ${original}`, `References: ${original}`];
  return [
    `Date: ${mailDate(notice.now)}`,
    `From: Sistem Penghantaran Mel <mailer-daemon@${notice.hostname}>`,
    `To: ${notice.to}`,
    'Subject: Mesej tidak dapat dihantar / Message could not be delivered',
    `Message-ID: ${noticeMessageId(notice.id, notice.hostname)}`,
    ...references,
    // RFC 3834 §5: nobody's program answers this.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ` boundary="${boundary}"`,
  ];
}

function humanText(notice: FailureNotice): string[] {
  const when = `${localTime(notice.receivedAt, notice.timezone)} (${notice.timezone})`;
  const list = (language: 'malay' | 'english', answer: string): string[] =>
    notice.failures.flatMap(({ recipient, reply, explanation }) => [
      `  ${recipient}`,
      `    ${(explanation ?? explain(reply.enhanced))[language]}`,
      `    ${answer}: ${formatReply(reply, REPLY_LIMIT)}`,
      '',
    ]);
  return [
    'Mesej anda tidak dapat dihantar kepada:',
    '',
    ...list('malay', 'Jawapan pelayan'),
    `Mesej itu diterima pada ${when}.`,
    'Pelayan tidak akan mencuba lagi. Jika perlu bantuan, hubungi pentadbir',
    `e-mel agensi anda dan beri nombor ini: ${notice.about}`,
    '',
    '-'.repeat(70),
    '',
    'Your message could not be delivered to:',
    '',
    ...list('english', 'The server said'),
    `The message was accepted at ${when}.`,
    'No further attempt will be made. If you need help, contact the e-mail',
    `administrator of your agency and give this number: ${notice.about}`,
  ];
}

/** RFC 3464 §2.2 (fields of the message) and §2.3 (fields of each recipient), a blank line between. */
function deliveryStatus(notice: FailureNotice): string[] {
  return [
    `Reporting-MTA: dns; ${notice.hostname}`,
    `Arrival-Date: ${mailDate(notice.receivedAt)}`,
    ...notice.failures.flatMap(({ recipient, reply }) => [
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      'Action: failed',
      `Status: ${statusOf(reply)}`,
      `Diagnostic-Code: smtp; ${formatReply(reply, REPLY_LIMIT)}`,
      `Last-Attempt-Date: ${mailDate(notice.now)}`,
    ]),
  ];
}

/** RFC 3464 §2.3.4: the enhanced code, else one that says no more than "permanent". */
function statusOf(reply: Reply): string {
  return reply.enhanced ?? '5.0.0';
}

/** RFC 6522 §4: text/rfc822-headers. Encoded where the original is not 7-bit text in lines of 998 octets. */
function originalHeaderPart(original: Buffer): string[] {
  const text = original.toString('latin1').replace(/(?:\r\n)+$/, '');
  const lines = text.split('\r\n');
  const plain = lines.every((line) => line.length <= 998 && /^[\t\x20-\x7e]*$/.test(line));
  return [
    'Content-Type: text/rfc822-headers',
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}`,
    '',
    ...(plain ? lines : quotedPrintable(lines)),
  ];
}

/** Null: not one message id that can stand in a header of ours. */
function messageIdOf(text: string | null): string | null {
  return text !== null && /^<[\x21-\x3b\x3d\x3f-\x7e]{1,500}>$/.test(text) ? text : null;
}

/** RFC 5322 §3.3, in UTC. */
export function mailDate(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000');
}

/** "2025-11-24 09:00" */
export function localTime(at: number, timezone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'short',
    timeZone: timezone,
  });
  return printable(format.format(at));
}
