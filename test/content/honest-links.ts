/** Links and words that look like what the rule forbids, and are not. */
import { encodedWords, head, lines, message, multipart, text, utf8 } from './build-message.ts';
import { PEOPLE, pick, plain } from './honest-texts.ts';
import type { Honest } from './sample.ts';

const SENTENCES = [
  'Sila jangan guna dropbox.com untuk dokumen rasmi.',
  'Guna Big Mail Transfer, bukan Dropbox, OneDrive atau Google Drive.',
  'Pekeliling: larangan penggunaan www.dropbox.com, drive.google.com dan wetransfer.com.',
  'The circular forbids dropbox.com; box.com and mega.nz as well.',
  'Adakah onedrive.live.com termasuk? Ya.',
  'Alamat web kami: mydropbox.example.',
  'Sila rujuk https://www.moh.example/dasar/larangan-dropbox.com.html untuk dasar penuh.',
  'Fail "dropbox.com - panduan.pdf" disimpan di pejabat.',
  'Kotak cadangan (drop box) terletak di lobi, inbox.com bukan milik kami.',
  'Hubungi helpdesk@dropbox-user.example atau aduan@mybox.example.',
  'Version 2.1 of we.transfer-tool is out; e.g. see section 3.we.',
  'Saya telah padam akaun Dropbox saya.',
];

const WORDS: readonly Honest[] = SENTENCES.flatMap(
  (sentence, n) =>
    [
      {
        name: `prose about the rule (${n})`,
        build: (who) =>
          message(
            head(who, 'Peringatan dasar storan luar', pick(PEOPLE, n)),
            text('plain', lines('Tuan/Puan,', '', sentence, '', 'Terima kasih.'), {
              encoding: pick(['7bit', 'base64', 'quoted-printable'] as const, n),
            }),
          ),
      },
      {
        name: `prose about the rule in HTML (${n})`,
        build: (who) =>
          message(
            head(who, n % 2 ? 'Larangan dropbox.com' : encodedWords('Larangan dropbox.com – makluman')),
            multipart('alternative', `dasar${n}`, [
              text('plain', lines(sentence)),
              text('html', `<p>Tuan/Puan,</p><p><b>${sentence}</b></p>`),
            ]),
          ),
      },
    ] satisfies Honest[],
);

const LOOKALIKES = [
  'https://mydropbox.example/s/abc/fail.pdf',
  'https://dropbox.com.example/s/abc',
  'https://notdropbox.example.com/s/abc',
  'https://www.moh.example/dropbox.com/s/abc',
  'https://drive.google.com.phish.example/file/d/1',
  'https://sharepoint.example/sites/x/:w:/s/y',
  'https://box.community.example/s/abc',
  'https://toolbox.com.example/',
  'https://inbox.com/fail',
  'https://xbox.com/games/halo',
  'https://mailbox.communications.example/we.tl/t-abc',
  'https://docs.python.org/3/library/email.html',
  'https://github.com/dropbox/dropbox-sdk-python',
  'https://www.google.com/search?q=dropbox.com+larangan',
  'https://en.wikipedia.org/wiki/Dropbox',
  'https://meet.google.com/abc-defg-hij',
  'https://maps.google.com/?q=Putrajaya',
  'https://www.youtube.com/watch?v=a1b2c3',
  'https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc/0?context=%7b%22Tid%22%3a%22x%22%7d',
  'https://us02web.zoom.us/j/8123456789?pwd=abc',
  'https://forms.office.com/r/AbCdEf',
  'https://www.dosm.gov.my/portal-main/release-content/laporan',
  'ftp://ftp.partner.example/pub/fail.zip',
  'https://dropbox.example/s/abc#dropbox.com',
];

const LINKS: readonly Honest[] = LOOKALIKES.flatMap(
  (link, n) =>
    [
      {
        name: `a link to ${link.slice(8, 48)}`,
        build: (who) =>
          message(
            head(who, 'Pautan', pick(PEOPLE, n)),
            text('plain', lines('Sila lihat:', link, '', 'Terima kasih.'), { encoding: '7bit' }),
          ),
      },
      {
        name: `a link in HTML to ${link.slice(8, 48)}`,
        build: (who) =>
          message(
            head(who, 'Pautan dalam HTML'),
            multipart('alternative', `pautan${n}`, [
              text('plain', plain(n), { encoding: 'quoted-printable' }),
              text('html', `<p>Sila lihat <a href="${link.replaceAll('&', '&amp;')}">laman ini</a>.</p>`, {
                encoding: 'quoted-printable',
              }),
            ]),
          ),
      },
    ] satisfies Honest[],
);

const FORMS = [
  'https://docs.google.com/forms/d/e/1FAIpQLSd0a/viewform',
  'https://docs.google.com/forms/d/1a2b/edit',
  'https://forms.gle/AbCdEf123',
  'https://docs.google.com/forms/u/0/d/1/viewform?usp=sf_link',
];

const GOOGLE_FORMS: readonly Honest[] = FORMS.flatMap(
  (link, n) =>
    [
      {
        name: `Google Forms (${n})`,
        build: (who) => message(head(who, 'Soal selidik'), text('plain', lines('Sila isi borang:', link))),
      },
      {
        name: `Google Forms, sent by itself (${n})`,
        build: (who) =>
          message(
            head(who, `Borang soal selidik ${n}`, '"Google Forms"'),
            multipart('alternative', `forms${n}`, [
              text('plain', utf8(`Saya telah menjemput anda untuk mengisi borang:\r\n${link}\r\n`)),
              text(
                'html',
                `<html><body><a href="${link}">FILL OUT FORM</a><img src="https://lh3.googleusercontent.com/abc"></body></html>`,
              ),
            ]),
          ),
      },
    ] satisfies Honest[],
);

/** Of the agency whose allow-list has them; others may not send or get these. */
export const ALLOWED_TENANT = 'moh-my.sharepoint.com';

export const TENANTS: readonly Honest[] = [
  '/:w:/g/personal/aminah_moh_example/EaBc?e=1',
  '/personal/siti_moh_example/_layouts/15/onedrive.aspx',
  '/:f:/g/personal/x/AbC',
].map((path, n) => ({
  name: `a tenant on the allow-list (${n})`,
  build: (who) =>
    message(
      head(who, 'Dokumen dikongsi'),
      n % 2
        ? text('plain', lines(`https://${ALLOWED_TENANT}${path}`))
        : text('html', `<a href="https://${ALLOWED_TENANT}${path}">Buka</a>`),
    ),
}));

export const LINKED: readonly Honest[] = [...WORDS, ...LINKS, ...GOOGLE_FORMS];
