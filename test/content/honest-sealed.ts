/** Signed and encrypted mail: S/MIME (RFC 8551) and PGP (RFC 3156, and in the text). Passes, and the log has a mark where it is not looked into. */
import { enveloped, signed, signedInPieces } from './build-cms.ts';
import { pdf } from './build-documents.ts';
import { base64, entity, file, head, lines, message, multipart, text } from './build-message.ts';
import { markup, PEOPLE, pick, plain, topicOf } from './honest-texts.ts';
import type { Honest } from './sample.ts';

/** As one program writes it or another. */
const opaque = (n: number): Buffer => (n % 4 === 1 ? signed(inner(n), n) : signedInPieces(inner(n), n));

const armour = (kind: string, n: number): string =>
  lines(
    `-----BEGIN PGP ${kind}-----`,
    ...(n % 2 ? ['Version: GnuPG v2', 'Comment: Using GnuPG with Thunderbird'] : []),
    '',
    base64(enveloped(n), 64),
    `=aB${n}d`,
    `-----END PGP ${kind}-----`,
  );

const inner = (n: number): string =>
  n % 2
    ? text('plain', plain(n), { encoding: 'quoted-printable' })
    : multipart('mixed', `dalam${n}`, [
        multipart('alternative', `pilihan${n}`, [
          text('plain', plain(n), { encoding: 'quoted-printable' }),
          text('html', `<html><body>${markup(n)}</body></html>`, { encoding: 'base64' }),
        ]),
        file(`${topicOf(n).file}.pdf`, pdf(`Bertandatangan ${n}`), { type: 'application/pdf' }),
      ]);

const signature = (n: number): string =>
  entity(
    [
      `Content-Type: application/${n % 3 ? 'pkcs7-signature' : 'x-pkcs7-signature'}; name="smime.p7s"`,
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="smime.p7s"',
      'Content-Description: S/MIME Cryptographic Signature',
    ],
    base64(signed(null, n)),
  );

const SMIME: readonly Honest[] = [
  ...Array.from(
    { length: 10 },
    (_, n): Honest => ({
      name: `S/MIME, signed (${n})`,
      build: (who) =>
        message(
          head(who, topicOf(n).subject, pick(PEOPLE, n)),
          multipart(
            'signed',
            `------------ms${n}0405060708090`,
            [inner(n), signature(n)],
            `; protocol="application/${n % 3 ? 'pkcs7-signature' : 'x-pkcs7-signature'}"; micalg=sha-256`,
          ).replace('\r\n\r\n', '\r\n\r\nThis is a cryptographically signed message in MIME format.\r\n\r\n'),
        ),
    }),
  ),
  ...Array.from(
    { length: 10 },
    (_, n): Honest => ({
      name: `S/MIME, ${n % 2 ? 'signed opaque' : 'encrypted'} (${n})`,
      ...(n % 2 ? {} : { observed: 'sealed' as const }),
      build: (who) =>
        message(
          head(who, topicOf(n).subject, pick(PEOPLE, n)),
          entity(
            [
              `Content-Type: application/${n % 3 ? 'pkcs7-mime' : 'x-pkcs7-mime'}; smime-type=${n % 2 ? 'signed-data' : 'enveloped-data'}; name="smime.p7m"`,
              'Content-Transfer-Encoding: base64',
              'Content-Disposition: attachment; filename="smime.p7m"',
            ],
            base64(n % 2 ? opaque(n) : enveloped(n)),
          ),
        ),
    }),
  ),
];

const PGP: readonly Honest[] = [
  ...Array.from(
    { length: 8 },
    (_, n): Honest => ({
      name: `PGP, signed (${n})`,
      build: (who) =>
        message(
          head(who, topicOf(n).subject, pick(PEOPLE, n)),
          multipart(
            'signed',
            `pgp${n}kTzXg`,
            [
              inner(n),
              entity(
                [
                  'Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"',
                  'Content-Description: OpenPGP digital signature',
                  'Content-Disposition: attachment; filename="OpenPGP_signature.asc"',
                ],
                armour('SIGNATURE', n),
              ),
            ],
            '; micalg="pgp-sha256"; protocol="application/pgp-signature"',
          ),
        ),
    }),
  ),
  ...Array.from(
    { length: 8 },
    (_, n): Honest => ({
      name: `PGP, encrypted (${n})`,
      observed: 'sealed',
      build: (who) =>
        message(
          head(who, n % 2 ? '...' : topicOf(n).subject, pick(PEOPLE, n)),
          multipart(
            'encrypted',
            `sulit${n}kTzXg`,
            [
              entity(
                [
                  'Content-Type: application/pgp-encrypted',
                  'Content-Description: PGP/MIME version identification',
                ],
                'Version: 1\r\n',
              ),
              entity(
                [
                  'Content-Type: application/octet-stream; name="encrypted.asc"',
                  'Content-Description: OpenPGP encrypted message',
                  'Content-Disposition: inline; filename="encrypted.asc"',
                ],
                armour('MESSAGE', n),
              ),
            ],
            '; protocol="application/pgp-encrypted"',
          ),
        ),
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, n): Honest => ({
      name: `PGP in the text (${n})`,
      build: (who) =>
        message(
          head(who, topicOf(n).subject, pick(PEOPLE, n)),
          text(
            'plain',
            n % 2
              ? armour('MESSAGE', n)
              : `${lines('-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA256', '', `- -- Sila sahkan No. ${n}`)}${armour('SIGNATURE', n)}`,
            { charset: 'us-ascii', encoding: '7bit' },
          ),
        ),
    }),
  ),
];

export const SEALED: readonly Honest[] = [...SMIME, ...PGP];
