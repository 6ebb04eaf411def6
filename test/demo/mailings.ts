/** What the demonstration sends: one message for each way that mail can go. */
import { EICAR, ENCRYPTED_ZIP, GTUBE, GTUBE_JUNK } from '../support/samples.ts';

export interface Mailing {
  readonly what: string;
  readonly expected: 'delivered' | 'refused' | 'junk' | 'quarantined';
  readonly door: 'mx' | 'submission' | 'submissions';
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments?: readonly { readonly filename: string; readonly content: string | Buffer }[];
}

export const mailings: readonly Mailing[] = [
  {
    what: 'plain mail to two agencies',
    expected: 'delivered',
    door: 'submission',
    from: 'aminah@moh.example',
    to: ['badrul@moh.example', 'devi@mot.example', 'ezra@mot.example'],
    subject: 'Mesyuarat Jumaat / Friday meeting',
    text: 'Assalamualaikum dan salam sejahtera,\n\nMesyuarat bermula jam 9 pagi.\nThe meeting starts at 9.\n',
    attachments: [{ filename: 'agenda.txt', content: '1. Minit\n2. Hal-hal lain\n' }],
  },
  {
    what: 'plain mail from outside',
    expected: 'delivered',
    door: 'mx',
    from: 'wong@partner.example',
    to: ['chong@moh.example'],
    subject: 'Sebut harga / Quotation',
    text: 'Sila lihat sebut harga kami.\nPlease see our quotation.\n',
  },
  {
    what: 'a virus from a user (EICAR)',
    expected: 'refused',
    door: 'submission',
    from: 'badrul@moh.example',
    to: ['aminah@moh.example'],
    subject: 'Lampiran / Attachment',
    text: 'Lihat lampiran.\n',
    attachments: [{ filename: 'eicar.com', content: EICAR }],
  },
  {
    what: 'spam from outside (GTUBE)',
    expected: 'refused',
    door: 'mx',
    from: 'offers@partner.example',
    to: ['aminah@moh.example'],
    subject: 'Offer',
    text: `${GTUBE}\n`,
  },
  {
    what: 'suspicious mail from outside',
    expected: 'junk',
    door: 'mx',
    from: 'offers@partner.example',
    to: ['devi@mot.example'],
    subject: 'Perhaps an offer',
    text: `${GTUBE_JUNK}\n`,
  },
  {
    what: 'an encrypted archive',
    expected: 'quarantined',
    door: 'submissions',
    from: 'devi@mot.example',
    to: ['ezra@mot.example'],
    subject: 'Sulit / Confidential',
    text: 'Kata laluan menyusul.\n',
    attachments: [{ filename: 'sulit.zip', content: ENCRYPTED_ZIP }],
  },
];
