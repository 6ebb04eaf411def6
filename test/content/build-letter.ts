/** The plain letters that the cases hang things on. */
import { type Build, CRLF, entity, file, head, message, multipart, text } from './build-message.ts';

const NOTE = text('plain', 'Sila lihat lampiran.\r\n', { encoding: '7bit' });

/** A note, and these parts behind it. */
export function letterWith(...parts: readonly string[]): Build {
  return (who) => message(head(who, 'Lampiran'), multipart('mixed', 'lampiran', [NOTE, ...parts]));
}

export function attached(name: string, content: Buffer | string, type?: string): Build {
  return letterWith(file(name, content, type === undefined ? {} : { type }));
}

/** An attached message with this content: its MIME fields and body. */
export function forwarded(content: string): Build {
  const fields = ['Subject: Asal', 'Date: Mon, 23 Nov 2026 10:00:00 +0800', 'MIME-Version: 1.0'];
  return letterWith(entity(['Content-Type: message/rfc822'], [...fields, content].join(CRLF)));
}
