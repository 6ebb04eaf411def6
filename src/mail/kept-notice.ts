/**
 * Notices about mail that was kept: to its recipients, that somebody outside sent them a link that may not be; to the
 * administrators of an agency, that an account of theirs sends spam. One plain text each, Bahasa Melayu, then English.
 *
 * Invariants: every octet is 7-bit ASCII and every line ends in CRLF; what a stranger wrote is printable, cut, and no link.
 */
import { type Address, domainOf, localPart, type ReversePath } from './address.ts';
import { localTime, mailDate, noticeMessageId } from './dsn.ts';
import type { MessageId } from './message-id.ts';
import { printable } from './reply.ts';

export interface KeptNotice {
  /** Of this notice, and of the message that it is about. */
  readonly id: MessageId;
  readonly about: MessageId;
  readonly hostname: string;
  /** IANA name, for the text. */
  readonly timezone: string;
  readonly now: number;
  readonly receivedAt: number;
  /** What was found: the defanged link, the spam filter's words. */
  readonly detail: string;
}

const DETAIL_LIMIT = 300;
const RULE = '-'.repeat(70);

/** To those whom the message was for: one notice for all, which names none of them to the others. */
export function buildLinkNotice(notice: KeptNotice & { readonly sender: ReversePath }): Buffer {
  const { about } = notice;
  const sender = notice.sender === null ? '<>' : shownAddress(notice.sender);
  const when = whenOf(notice);
  const link = detailOf(notice);
  return build(
    notice,
    // RFC 5322 §3.4: a group without members.
    'undisclosed-recipients:;',
    'Mel untuk anda ditahan: pautan ke storan luar / Mail for you is held: link to external storage',
    [
      'Satu mel untuk anda ditahan kerana ada pautan ke storan luar di dalamnya,',
      'yang tidak dibenarkan (PTPA 3/2017 L1 10(viii)).',
      '',
      `  Daripada: ${sender}`,
      `  Diterima: ${when}`,
      `  Pautan:   ${link}`,
      `  Nombor:   ${about}`,
      '',
      'Pautan itu ditulis supaya tidak boleh diklik. Minta pengirim melampirkan fail',
      'itu atau menggunakan Big Mail Transfer. Jika anda memerlukan mel itu juga,',
      'pentadbir e-mel agensi anda boleh melepaskannya; beri nombor di atas.',
      '',
      RULE,
      '',
      'A message for you is held because there is a link to external storage in it,',
      'which is not allowed (PTPA 3/2017 L1 10(viii)).',
      '',
      `  From:     ${sender}`,
      `  Received: ${when}`,
      `  Link:     ${link}`,
      `  Number:   ${about}`,
      '',
      'The link is written so that it cannot be clicked. Ask the sender to attach the',
      'file or to use Big Mail Transfer. If you need the message all the same, the',
      'e-mail administrator of your agency can release it; give the number above.',
    ],
  );
}

/** To the administrators of the agency. */
export function buildSpamNotice(
  notice: KeptNotice & {
    readonly to: Address;
    readonly account: Address;
    /** IP address; null: not known. */
    readonly client: string | null;
    readonly recipients: number;
  },
): Buffer {
  const { about, account, recipients } = notice;
  const client = notice.client ?? '-';
  const when = whenOf(notice);
  const cause = detailOf(notice);
  return build(
    notice,
    notice.to,
    'Spam daripada akaun agensi anda ditahan / Spam from an account of your agency is held',
    [
      `Mel daripada akaun ${account} ditahan kerana dikesan sebagai`,
      'spam. Selalunya ini bermaksud kata laluan akaun itu telah dicuri.',
      '',
      `  Akaun:       ${account}`,
      `  Alamat IP:   ${client}`,
      `  Dihantar:    ${when}`,
      `  Penerima:    ${recipients}`,
      `  Sebab:       ${cause}`,
      `  Nombor:      ${about}`,
      '',
      'Tukar kata laluan akaun itu dahulu. Kemudian semak mel yang ditahan: lepaskan',
      'yang sah, padam yang lain. Pemilik akaun tidak diberitahu. Untuk sejam yang',
      'akan datang, tiada notis lagi tentang akaun ini.',
      '',
      RULE,
      '',
      `Mail of the account ${account} is held because it is spam. Most often`,
      'this means that the password of the account was stolen.',
      '',
      `  Account:     ${account}`,
      `  IP address:  ${client}`,
      `  Sent:        ${when}`,
      `  Recipients:  ${recipients}`,
      `  Cause:       ${cause}`,
      `  Number:      ${about}`,
      '',
      'Change the password of the account first. Then look at what is held: release',
      'what is genuine, delete the rest. The owner of the account is not told. For the',
      'next hour no other notice will come about this account.',
    ],
  );
}

function build(notice: KeptNotice, to: string, subject: string, text: readonly string[]): Buffer {
  const { id, hostname, now } = notice;
  const lines = [
    `Date: ${mailDate(now)}`,
    `From: Sistem Penghantaran Mel <mailer-daemon@${hostname}>`,
    `To: ${to}`,
    ...folded(`Subject: ${subject}`),
    `Message-ID: ${noticeMessageId(id, hostname)}`,
    // RFC 3834 §5: nobody's program answers this.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...text,
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** RFC 5322 §2.2.3: before the English half. */
function folded(line: string): string[] {
  const at = line.indexOf(' / ');
  return [line.slice(0, at), line.slice(at)];
}

function whenOf({ receivedAt, timezone }: KeptNotice): string {
  return `${localTime(receivedAt, timezone)} (${timezone})`;
}

/** `www.elsewhere.example/x` may stand in front of an @, where programs make a link of it. */
function shownAddress(address: Address): string {
  const local = localPart(address);
  const isLink = /^www\.|[/?#]/i.test(local);
  return isLink ? `${local.replaceAll('.', '[.]')}@${domainOf(address)}` : address;
}

function detailOf({ detail }: KeptNotice): string {
  return printable(detail).slice(0, DETAIL_LIMIT);
}
