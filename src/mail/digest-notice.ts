/**
 * The daily digest: what was kept from one mailbox since the last one, Bahasa Melayu first, then English. One plain text.
 *
 * Invariants: the octets are 7-bit ASCII (the text is UTF-8 in quoted-printable) and every line ends in CRLF; what a
 * stranger wrote is printable, one line, too short for a test string of the spam filter to fit, and no link.
 */
import type { Address } from './address.ts';
import { localTime, mailDate, noticeMessageId } from './dsn.ts';
import type { MessageId } from './message-id.ts';
import { quotedPrintable } from './quoted-printable.ts';

export interface Digest {
  readonly id: MessageId;
  readonly hostname: string;
  /** IANA name, for the text. */
  readonly timezone: string;
  readonly now: number;
  readonly to: Address;
  /** Last kept first. */
  readonly lines: readonly DigestLine[];
  /** Kept as well, but not listed. */
  readonly more: number;
  /** Counted only, so that nobody asks for one. */
  readonly viruses: number;
}

export interface DigestLine {
  readonly id: MessageId;
  readonly keptAt: number;
  readonly expiresAt: number;
  /** As the header says, decoded; the envelope's where that says nothing; null: the empty path. */
  readonly from: string | null;
  readonly subject: string | null;
  readonly reason: Phrase;
}

/** The same noun phrase twice. */
export interface Phrase {
  readonly malay: string;
  readonly english: string;
}

export const UNDELIVERABLE: Phrase = {
  malay: 'peti mel anda tidak dapat menerimanya',
  english: 'your mailbox could not take it',
};

/** Characters of a stranger's text. The spam filter's test string (GTUBE) has 68. */
const STRANGER_LIMIT = 60;
const RULE = '-'.repeat(70);
/** Controls, marks that turn or hide text, what is no character; white space of any kind. */
const NOT_SHOWN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}]+/gu;

export function buildDigest(digest: Digest): Buffer {
  const { id, hostname, now, to, lines, more, viruses } = digest;
  const count = lines.length + more + viruses;
  const header = [
    `Date: ${mailDate(now)}`,
    `From: Sistem Penghantaran Mel <mailer-daemon@${hostname}>`,
    `To: ${to}`,
    `Subject: ${count} mel untuk anda ditahan`,
    ` / ${messages(count)} for you held back`,
    `Message-ID: ${noticeMessageId(id, hostname)}`,
    // RFC 3834 §5: nobody's program answers this.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
  ];
  const text = [
    ...(lines.length > 0 ? introduction(digest) : []),
    ...lines.flatMap((line) => entry(line, digest)),
    ...(more > 0 ? [`dan ${more} lagi / and ${more} more`, ''] : []),
    ...(viruses > 0 ? aboutViruses(viruses) : []),
  ];
  const octets = text.map((line) => Buffer.from(line).toString('latin1'));
  return Buffer.from([...header, ...quotedPrintable(octets), ''].join('\r\n'), 'latin1');
}

function introduction({ timezone }: Digest): string[] {
  return [
    'Mel di bawah ditahan dan tidak sampai ke peti mel anda. Jika anda',
    'memerlukannya, hubungi pentadbir e-mel agensi anda dan beri nombornya.',
    'Mel yang tidak diminta dipadam selepas tarikh yang tertulis.',
    '',
    'The mail below was held back and did not reach your mailbox. If you need',
    'any of it, ask the e-mail administrator of your agency and give its number.',
    'What nobody asks for is deleted after the date that is given.',
    '',
    `(${timezone})`,
    RULE,
    '',
  ];
}

function entry({ id, keptAt, expiresAt, from, subject, reason }: DigestLine, { timezone }: Digest): string[] {
  return [
    localTime(keptAt, timezone),
    `  Daripada / From:   ${shown(from ?? '<>')}`,
    `  Perkara / Subject: ${shown(subject ?? '')}`,
    `  Sebab / Reason:    ${reason.malay} / ${reason.english}`,
    `  Nombor / Number:   ${id}`,
    `  Hingga / Until:    ${localTime(expiresAt, timezone)}`,
    '',
  ];
}

function aboutViruses(count: number): string[] {
  return [
    `${count} mel lain ditahan kerana mengandungi virus. Tiada apa-apa yang perlu anda lakukan.`,
    `${messages(count)} held back because of a virus. There is nothing that you need to do.`,
    '',
  ];
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

/** Nothing here may be clicked: programs make links of schemes and of names with dots. */
function shown(text: string): string {
  const line = Array.from(text.replace(NOT_SHOWN, ' ').trim());
  const cut = line.length > STRANGER_LIMIT ? `${line.slice(0, STRANGER_LIMIT - 1).join('')}…` : line.join('');
  return cut.replace(/:(?=\/\/)/g, '[:]').replace(/\.(?=[\p{L}\p{N}])/gu, '[.]');
}
