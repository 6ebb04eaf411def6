/** The table behind `catalogue.ts`. Texts for people are Bahasa Melayu and English; the sender's are ASCII. */
import type { Action, Direction, Reason } from '../mail/finding.ts';

export type Rule =
  | 'attachment-size'
  | 'external-storage'
  | 'structure'
  | 'dangerous-attachment'
  | 'malware'
  | 'spam';

export interface ReasonText {
  readonly rule: Rule;
  /** Of the guideline. */
  readonly clause: string;
  /** Of the reply (RFC 5321 §4.2, RFC 3463). */
  readonly code: 550 | 552 | 554;
  readonly enhanced: string;
  /** Bahasa Melayu, then English: what it is and what to do. `detail` is ASCII, at most 100 characters. */
  readonly toSender: (detail: string) => readonly [malay: string, english: string];
  /** A noun phrase each, for notices and digests: "pautan ke storan luar", "link to external storage". */
  readonly malay: string;
  readonly english: string;
  /** For operators: what it means, and what they can do. */
  readonly meaning: string;
  readonly remedy: string;
  /** What is done by default. */
  readonly modes: Readonly<Record<Direction, Action>>;
}

const SECURITY = 'PTPA 3/2017 L1 §3(iv)(e)';

/** Heaviest first: of several, the sender reads the first, and mail is kept for it. A virus is first: it bars the release. */
export const REASON_TEXTS: Readonly<Record<Reason, ReasonText>> = {
  virus: {
    rule: 'malware',
    clause: SECURITY,
    code: 554,
    enhanced: '5.7.1',
    // The name of the virus would tell its author which scanner to get past.
    toSender: () => ['Mel ditolak: virus dikesan', 'Message refused: virus found'],
    malay: 'virus',
    english: 'virus',
    meaning: 'The virus scanner recognised something; the detail is its name for it.',
    remedy: 'Nothing, as a rule. A false alarm leaves the quarantine by force only, by an operator.',
    modes: { in: 'refuse', out: 'refuse', within: 'refuse' },
  },
  'dangerous-attachment': {
    rule: 'dangerous-attachment',
    clause: SECURITY,
    code: 554,
    enhanced: '5.7.1',
    toSender: (name) => [
      `Lampiran jenis program tidak dibenarkan: ${name}`,
      `Attached programs and scripts are not allowed: ${name}`,
    ],
    malay: 'lampiran jenis program atau skrip',
    english: 'attached program or script',
    meaning:
      'A program or script, by its name (policy.dangerousNames), or by its first octets whatever its name; also inside an archive.',
    remedy:
      'Hand programs over in another way. An ending that your service needs can be taken off the list; what is a program by its octets stays one.',
    modes: { in: 'refuse', out: 'refuse', within: 'refuse' },
  },
  structure: {
    rule: 'structure',
    clause: SECURITY,
    code: 550,
    enhanced: '5.6.0',
    toSender: (fault) => [
      `Struktur mel boleh dibaca dengan dua cara (${fault}): tulis semula dan hantar lagi`,
      `Message structure can be read in two ways (${fault}): write it anew and send again`,
    ],
    malay: 'struktur mel yang mengelirukan',
    english: 'misleading message structure',
    meaning:
      'Two mail programs might read the message in two ways, so that one shows what the other, or a scanner, never saw.',
    remedy:
      'Usually the work of somebody who tries to get past a filter. If an honest program sends such mail, have it mended; until then set the rule to quarantine for that direction.',
    modes: { in: 'refuse', out: 'refuse', within: 'refuse' },
  },
  'too-complex': {
    rule: 'structure',
    clause: SECURITY,
    code: 550,
    enhanced: '5.6.0',
    toSender: (fault) => [
      `Struktur mel terlalu rumit (${fault}): hantar dalam mel yang lebih ringkas`,
      `Message structure is too complex (${fault}): send it in simpler messages`,
    ],
    malay: 'struktur mel yang terlalu rumit',
    english: 'message structure that is too complex',
    meaning:
      'More than 1,000 parts, 50 levels of parts in parts, or 1,000 lines or 100 kB of header in one part: no person writes that.',
    remedy:
      'Messages forwarded within messages without end can be sent as several. Otherwise an attempt to wear out the server.',
    modes: { in: 'refuse', out: 'refuse', within: 'refuse' },
  },
  spam: {
    rule: 'spam',
    clause: SECURITY,
    code: 554,
    enhanced: '5.7.1',
    toSender: () => ['Mel ditolak: spam', 'Message refused: spam'],
    malay: 'spam',
    english: 'spam',
    meaning: 'The spam filter is sure. From one of our own users it most likely means a stolen password.',
    remedy:
      'From our own: change the password of the user, then release or delete what was held. From outside: nothing.',
    modes: { in: 'refuse', out: 'quarantine', within: 'quarantine' },
  },
  'attachment-size': {
    rule: 'attachment-size',
    clause: 'PTPA 3/2017 L1 §10(iv)',
    code: 552,
    enhanced: '5.3.4',
    toSender: (detail) => {
      const [total = '', limit = ''] = detail.split(' of ');
      return [
        `Lampiran berjumlah ${total}, had ${limit}: guna Big Mail Transfer`,
        `Attachments are ${total} in total, limit ${limit}: use Big Mail Transfer`,
      ];
    },
    malay: 'lampiran terlalu besar',
    english: 'attachments too large',
    meaning:
      'The attachments are larger than policy.attachments in total, counted as files (not as they travel, which is a third more). Exactly the limit passes.',
    remedy: 'Larger files go by Big Mail Transfer, up to 2 GB.',
    modes: { in: 'refuse', out: 'refuse', within: 'refuse' },
  },
  'external-storage': {
    rule: 'external-storage',
    clause: 'PTPA 3/2017 L1 §10(viii)',
    code: 550,
    enhanced: '5.7.1',
    toSender: (link) => [
      `Pautan ke storan luar tidak dibenarkan: ${link} - lampirkan fail atau guna Big Mail Transfer`,
      `Links to external storage are not allowed: ${link} - attach the file or use Big Mail Transfer`,
    ],
    malay: 'pautan ke storan luar',
    english: 'link to external storage',
    meaning:
      'A link to a host of config/external-storage.yaml, in a text or inside an attachment, however it is written. The detail is the link, made harmless.',
    remedy:
      'Files are attached, or go by Big Mail Transfer. A place that an agency needs for its work goes on its allow-list in that file.',
    modes: { in: 'refuse', out: 'refuse', within: 'refuse' },
  },
  'encrypted-archive': {
    rule: 'malware',
    clause: SECURITY,
    code: 554,
    enhanced: '5.7.1',
    toSender: (name) => [
      `Fail berkata laluan tidak dapat diperiksa: ${name} - hantar tanpa kata laluan`,
      `A file under a password cannot be examined: ${name} - send it without`,
    ],
    malay: 'fail berkata laluan yang tidak dapat diperiksa',
    english: 'file under a password, which cannot be examined',
    meaning:
      'An archive, PDF or Office file under a password: neither the virus scanner nor the rules see into it.',
    remedy: 'Ask the recipient whether it is expected, and release it.',
    modes: { in: 'quarantine', out: 'quarantine', within: 'quarantine' },
  },
  'unopened-archive': {
    rule: 'malware',
    clause: SECURITY,
    code: 554,
    enhanced: '5.7.1',
    toSender: (name) => [
      `Fail tidak dapat dibuka untuk diperiksa: ${name} - hantar sebagai ZIP biasa`,
      `A file cannot be opened and examined: ${name} - send it as a plain ZIP`,
    ],
    malay: 'fail yang tidak dapat dibuka untuk diperiksa',
    english: 'file that cannot be opened and examined',
    meaning:
      'A kind that is not opened here (RAR, 7z, disk images …), a damaged file, or one past the bounds of time, memory, nesting or size.',
    remedy:
      'Ask the recipient whether it is expected, and release it. A file made to exhaust whoever opens it looks the same.',
    modes: { in: 'quarantine', out: 'quarantine', within: 'quarantine' },
  },
  unscannable: {
    rule: 'malware',
    clause: SECURITY,
    code: 554,
    enhanced: '5.7.1',
    toSender: () => [
      'Mel tidak dapat diimbas: hantar lampiran dalam bentuk lain',
      'Message cannot be scanned: send attachments in another form',
    ],
    malay: 'mel yang tidak dapat diimbas',
    english: 'mail that cannot be scanned',
    meaning:
      'The virus scanner could not look into it: past its limits, under a password, or too slow five times over.',
    remedy: 'Ask the recipient whether it is expected, and release it.',
    modes: { in: 'quarantine', out: 'quarantine', within: 'quarantine' },
  },
  'short-link': {
    rule: 'external-storage',
    clause: 'PTPA 3/2017 L1 §10(viii)',
    code: 550,
    enhanced: '5.7.1',
    toSender: (link) => [
      `Pautan dipendekkan tidak dibenarkan: ${link} - guna pautan penuh`,
      `Shortened links are not allowed: ${link} - use the full link`,
    ],
    malay: 'pautan dipendekkan',
    english: 'shortened link',
    meaning:
      'A link by way of a general shortener (bit.ly …): it may lead to external storage, and nobody can see.',
    remedy:
      'The sender writes the link in full. A shortener of its own that an agency uses can be put on its allow-list.',
    modes: { in: 'observe', out: 'refuse', within: 'refuse' },
  },
  junk: {
    rule: 'spam',
    clause: SECURITY,
    code: 550,
    enhanced: '5.7.1',
    toSender: () => ['Mel ditolak: menyerupai spam', 'Message refused: it looks like spam'],
    malay: 'mel yang menyerupai spam',
    english: 'mail that looks like spam',
    meaning: 'The spam filter is not sure. In mode junk it goes to the folder Junk of the mailbox.',
    remedy: 'Nothing: the recipient decides.',
    modes: { in: 'junk', out: 'observe', within: 'observe' },
  },
  sealed: {
    rule: 'malware',
    clause: SECURITY,
    code: 550,
    enhanced: '5.7.1',
    toSender: () => [
      'Mel yang disulitkan tidak dibenarkan: hantar tanpa penyulitan',
      'Encrypted mail is not allowed: send it unencrypted',
    ],
    malay: 'mel yang disulitkan',
    english: 'encrypted mail',
    meaning: 'Sealed for its reader (S/MIME, PGP): passed, and marked in the log as not looked into.',
    remedy: 'Nothing.',
    modes: { in: 'observe', out: 'observe', within: 'observe' },
  },
};
