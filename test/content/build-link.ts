/** Letters with a link in them, as a case of the storage rule wants them. */
import { type Build, head, lines, message, multipart, text } from './build-message.ts';
import type { Case } from './sample.ts';

export const LINK = 'https://www.dropbox.com/s/a1b2c3/fail.pdf?dl=0';
export const HOST_AND_PATH = 'www.dropbox.com/s/a1b2c3/fail.pdf';

export const plain =
  (...rows: readonly string[]): Build =>
  (who) =>
    message(
      head(who, 'Dokumen'),
      text('plain', lines('Tuan,', '', ...rows, '', 'Terima kasih.'), { encoding: '8bit' }),
    );
/** `markup` in the HTML of a letter that has plain text as well. */
export const html =
  (markup: string): Build =>
  (who) =>
    message(
      head(who, 'Dokumen'),
      multipart('alternative', 'pilih', [
        text('plain', 'Sila lihat versi HTML.\r\n'),
        text('html', `<html><head></head><body><p>Tuan,</p>${markup}</body></html>\r\n`),
      ]),
    );
export const entityOf =
  (part: string): Build =>
  (who) =>
    message(head(who, 'Dokumen'), part);
export const a = (href: string): Build => html(`<a href="${href}">Sila tekan di sini</a>`);

/** A row of a table: the place or the spelling, and the letter. */
export type LinkRow = readonly [string, Build];

export function linkCase(
  prefix: string,
  reason: Case['reason'] = 'external-storage',
): (row: LinkRow) => Case {
  return ([name, build]) => ({ name: `${prefix}: ${name}`, reason, where: 'door', build });
}
