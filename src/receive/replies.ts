/**
 * Every text that a client of the doors gets to read. ASCII only; what tells a person something has two lines,
 * Bahasa Melayu then English; the routine answers of a dialogue, which nobody reads, have one. No text names
 * the mechanism behind it, and nothing a client sent is repeated in one.
 */
import type { MessageId } from '../mail/message-id.ts';
import { type Reply, reply } from '../mail/reply.ts';

function short(code: number, enhanced: string | null, text: string): Reply {
  return { code, enhanced, lines: [text] };
}

export const replies = {
  ok: short(250, '2.0.0', 'OK'),
  senderOk: short(250, '2.1.0', 'OK'),
  recipientOk: short(250, '2.1.5', 'OK'),
  startData: short(354, null, 'End data with <CR><LF>.<CR><LF>'),
  startTls: short(220, '2.0.0', 'Ready to start TLS'),
  loggedIn: short(235, '2.7.0', 'OK'),
  bye: short(221, '2.0.0', 'Bye'),
  // The same for every name (RFC 5321 §7.3): it tells nothing.
  verify: short(252, '2.0.0', 'Send mail and see'),
  help: short(214, '2.0.0', 'RFC 5321'),

  stopping: reply(
    421,
    '4.3.2',
    'Pelayan sedang dihentikan, cuba sebentar lagi',
    'Server is stopping, try again shortly',
  ),
  tooManyConnections: reply(
    421,
    '4.7.0',
    'Terlalu banyak sambungan, cuba kemudian',
    'Too many connections, try later',
  ),
  idle: reply(421, '4.4.2', 'Terlalu lama menunggu, sambungan ditutup', 'Waited too long, closing'),
  tooSlow: reply(421, '4.4.2', 'Terlalu perlahan, sambungan ditutup', 'Too slow, closing'),
  sessionOver: reply(
    421,
    '4.7.0',
    'Had sesi dicapai, sambung semula',
    'Session limit reached, connect again',
  ),
  tooManyErrors: reply(421, '4.7.0', 'Terlalu banyak ralat, sambungan ditutup', 'Too many errors, closing'),
  tooMuchJunk: reply(421, '4.7.0', 'Terlalu banyak perintah tanpa mel', 'Too many commands without mail'),
  tooManyLogins: reply(421, '4.7.0', 'Terlalu banyak log masuk gagal', 'Too many failed logins'),
  loginLater: reply(454, '4.7.0', 'Log masuk ditangguhkan, cuba kemudian', 'Logins are suspended, try later'),
  internal: reply(451, '4.3.0', 'Ralat sementara, cuba kemudian', 'Temporary error, try later'),
  storageFull: reply(
    452,
    '4.3.1',
    'Ruang simpanan tidak mencukupi, cuba kemudian',
    'Not enough storage, try later',
  ),
  tooManyRecipients: reply(452, '4.5.3', 'Terlalu ramai penerima', 'Too many recipients'),

  lineTooLong: reply(500, '5.5.2', 'Baris perintah terlalu panjang', 'Command line too long'),
  bareLineFeedInCommand: reply(500, '5.5.2', 'Baris mesti diakhiri CR LF', 'Lines must end with CR LF'),
  notSmtp: reply(421, '4.7.0', 'Ini bukan SMTP', 'This is not SMTP'),
  unknownCommand: reply(500, '5.5.2', 'Perintah tidak dikenali', 'Command not recognised'),
  notImplemented: reply(502, '5.5.1', 'Perintah tidak disediakan', 'Command not implemented'),
  controlOctets: reply(501, '5.5.2', 'Aksara kawalan tidak dibenarkan', 'Control characters are not allowed'),
  badArgument: reply(501, '5.5.4', 'Argumen tidak sah', 'Invalid argument'),
  unknownParameter: reply(555, '5.5.4', 'Parameter tidak disokong', 'Parameter not supported'),
  early: reply(554, '5.5.0', 'Klien tidak menunggu jawapan', 'Client did not wait for the answer'),

  helloFirst: reply(503, '5.5.1', 'Hantar EHLO dahulu', 'Send EHLO first'),
  mailFirst: reply(503, '5.5.1', 'Hantar MAIL dahulu', 'Send MAIL first'),
  recipientFirst: reply(503, '5.5.1', 'Tiada penerima yang sah', 'No valid recipients'),
  inTransaction: reply(503, '5.5.1', 'Transaksi mel sedang berjalan', 'Mail transaction in progress'),
  tlsActive: reply(503, '5.5.1', 'TLS sudah aktif', 'TLS is already active'),
  alreadyLoggedIn: reply(503, '5.5.1', 'Sudah log masuk', 'Already logged in'),

  tlsFirst: reply(538, '5.7.11', 'Gunakan STARTTLS dahulu', 'Use STARTTLS first'),
  loginFirst: reply(530, '5.7.0', 'Log masuk diperlukan', 'Authentication required'),
  unknownMechanism: reply(504, '5.5.4', 'Kaedah log masuk tidak disokong', 'Login mechanism not supported'),
  badLoginSyntax: reply(501, '5.5.2', 'Data log masuk tidak sah', 'Invalid login data'),
  loginCancelled: reply(501, '5.7.0', 'Log masuk dibatalkan', 'Login cancelled'),
  loginFailed: reply(535, '5.7.8', 'Nama atau kata laluan salah', 'Wrong name or password'),

  badSender: reply(501, '5.1.7', 'Alamat pengirim tidak sah', 'Invalid sender address'),
  badRecipient: reply(501, '5.1.3', 'Alamat penerima tidak sah', 'Invalid recipient address'),
  nonAscii: reply(553, '5.6.7', 'Alamat bukan ASCII tidak disokong', 'Non-ASCII addresses are not supported'),
  notYourAddress: reply(553, '5.7.1', 'Alamat pengirim bukan milik anda', 'The sender address is not yours'),
  senderMustLogIn: reply(
    550,
    '5.7.1',
    'Pengirim domain ini mesti log masuk di port penghantaran',
    'Senders of this domain must log in on the submission port',
  ),
  nullSender: reply(550, '5.7.1', 'Pengirim kosong tidak dibenarkan', 'The empty sender is not allowed here'),
  mayNotSend: reply(550, '5.7.1', 'Akaun ini tidak boleh menghantar mel', 'This account may not send mail'),
  relayDenied: reply(550, '5.7.1', 'Penghantaran semula tidak dibenarkan', 'Relaying denied'),
  outsideNotYet: reply(
    550,
    '5.7.1',
    'Mel ke domain luar belum disediakan di sini',
    'Mail to other domains is not available here yet',
  ),
  // Temporary: mail to postmaster@ waits at its sender until somebody is there to read it.
  noAdministrator: reply(
    450,
    '4.2.1',
    'Pentadbir domain ini belum dinamakan, cuba kemudian',
    'No administrator of this domain is named yet, try later',
  ),
  unknownUser: reply(550, '5.1.1', 'Penerima tidak wujud', 'No such recipient'),
  disabledUser: reply(550, '5.2.1', 'Peti mel penerima tidak aktif', 'The recipient mailbox is disabled'),

  bareCarriageReturn: reply(550, '5.6.0', 'Mel mengandungi CR tanpa LF', 'Message contains a bare CR'),
  bareLineFeed: reply(550, '5.6.0', 'Mel mengandungi LF tanpa CR', 'Message contains a bare LF'),
  nul: reply(550, '5.6.0', 'Mel mengandungi oktet NUL', 'Message contains a NUL octet'),
  lineOfMessageTooLong: reply(550, '5.6.0', 'Baris mel terlalu panjang', 'A line of the message is too long'),
  headerTooLarge: reply(552, '5.3.4', 'Pengepala mel terlalu besar', 'Message header is too large'),
  malformedHeader: reply(550, '5.6.0', 'Pengepala mel tidak sah', 'Message header is malformed'),
  severalFrom: reply(550, '5.6.0', 'Lebih satu medan From', 'More than one From field'),
  noFrom: reply(550, '5.6.0', 'Tiada medan From', 'No From field'),
  fromNotYours: reply(
    550,
    '5.7.1',
    'From mesti satu alamat, iaitu alamat anda',
    'From must be one address, and yours',
  ),
  senderFieldNotYours: reply(
    550,
    '5.7.1',
    'Medan Sender bukan alamat anda',
    'The Sender field is not your address',
  ),
  loop: reply(554, '5.4.6', 'Mel ini berpusing-pusing', 'Mail loop detected'),
} as const satisfies Record<string, Reply>;

export function banner(hostname: string): Reply {
  return short(220, null, `${hostname} ESMTP`);
}

/** RFC 4954 §4: the text is base64, or empty. */
export function challenge(text: string): Reply {
  return short(334, null, text);
}

/** RFC 5321 §4.1.1.1; no enhanced codes here (RFC 2034 §3). */
export function hello(lines: readonly string[]): Reply {
  return { code: 250, enhanced: null, lines };
}

export function accepted(id: MessageId): Reply {
  return short(250, '2.6.0', `${id} diterima, accepted`);
}

export function tooBig(limitBytes: number): Reply {
  const limit = Math.floor(limitBytes / 1_048_576);
  return reply(
    552,
    '5.3.4',
    `Mel terlalu besar, had ${limit} MB`,
    `Message too big, the limit is ${limit} MB`,
  );
}

/** The wire form without the last line end: each line with its code and enhanced code (RFC 2034 §4). */
export function toLines(value: Reply): string[] {
  return value.enhanced === null ? [...value.lines] : value.lines.map((line) => `${value.enhanced} ${line}`);
}
