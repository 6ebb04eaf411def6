import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { newTestCertificate, testCertificate } from '../../test/support/test-certificate.ts';
import { type Certificate, readCertificate } from './certificate-pair.ts';

const DAY_MS = 86_400_000;
const pair = testCertificate();
const other = newTestCertificate();
const locked = execFileSync('openssl', ['pkey', '-aes256', '-passout', 'pass:x'], { input: pair.key });
const weak = newTestCertificate(['-newkey', 'rsa:512']);
const half = (pem: Buffer): Buffer => Buffer.from(pem.toString().replace(/\n.{64}\n/, '\nxxxx\n'));

interface Read {
  readonly certificate: Certificate;
  readonly warnings: string[];
  readonly errors: string[];
}

async function read(
  given: { cert: Buffer | null; key: Buffer | null },
  { inDays = 0, expired = 'refuse' as 'refuse' | 'serve' } = {},
): Promise<Read> {
  await using folder = await tempFolder();
  const files = { cert: join(folder.path, 'cert.pem'), key: join(folder.path, 'key.pem') };
  if (given.cert) await writeFile(files.cert, given.cert);
  if (given.key) await writeFile(files.key, given.key);
  const warnings: string[] = [];
  const errors: string[] = [];
  const log = {
    warn: (_: object, text: string) => void warnings.push(text),
    error: (_: object, text: string) => void errors.push(text),
  };
  const now = Date.now() + inDays * DAY_MS;
  return { certificate: await readCertificate(files, { now, expired, log }), warnings, errors };
}

test('a pair that belongs together is read, with its serial number and its end', async () => {
  const { certificate, warnings } = await read(pair);
  expect(certificate.cert.equals(pair.cert) && certificate.key.equals(pair.key)).toBe(true);
  const facts = new X509Certificate(pair.cert);
  expect(certificate.serial).toBe(facts.serialNumber);
  expect(certificate.expiresAt).toBe(Date.parse(facts.validTo));
  expect(warnings).toEqual([]);
});

test('a chain behind the own certificate is taken', async () => {
  const chain = Buffer.concat([pair.cert, other.cert]);
  expect((await read({ ...pair, cert: chain })).certificate.cert.equals(chain)).toBe(true);
});

const faults: [string, { cert: Buffer | null; key: Buffer | null }, RegExp][] = [
  ['no certificate', { ...pair, cert: null }, /^certificate\.cert: ".*cert\.pem" does not exist; set /],
  ['no key', { ...pair, key: null }, /^certificate\.key: ".*key\.pem" does not exist; set /],
  [
    'the key of another one',
    { ...pair, key: other.key },
    /^certificate\.key: ".*" does not belong to the first certificate of ".*cert\.pem"; name /,
  ],
  [
    'a chain in the wrong order',
    { ...pair, cert: Buffer.concat([other.cert, pair.cert]) },
    /does not belong to the first .*; .* put your own certificate before its chain$/,
  ],
  ['an empty file', { ...pair, cert: Buffer.alloc(0) }, /holds no certificate in PEM form; it is empty$/],
  [
    'a key in the place of the certificate',
    { ...pair, cert: pair.key },
    /^certificate\.cert: .* holds no certificate in PEM form; it holds something else$/,
  ],
  [
    'binary octets',
    { ...pair, key: Buffer.from([0x30, 0x82, 0, 0]) },
    /^certificate\.key: .* holds no private key in PEM form; convert it with openssl$/,
  ],
  ['half a certificate', { ...pair, cert: half(pair.cert) }, /holds a broken certificate; copy it again/],
  ['half a key', { ...pair, key: half(pair.key) }, /holds a broken key; copy it again/],
  ['a locked key', { ...pair, key: locked }, /^certificate\.key: .* is locked with a passphrase; write it /],
  ['a weak key', weak, /^certificate\.cert: .* cannot be used for TLS: .*too small/],
];
for (const [name, given, problem] of faults) {
  test(`${name} is one clear line`, async () => {
    await expect(read(given)).rejects.toThrow(problem);
    await expect(read(given)).rejects.not.toThrow(/\n/);
  });
}

test('within 14 days before its end there is a warning', async () => {
  expect((await read(pair, { inDays: 15 })).warnings).toEqual([]);
  expect((await read(pair, { inDays: 20 })).warnings).toEqual([
    expect.stringMatching(/^the certificate ends in \d+ days: set a new one$/),
  ]);
});

test.each([
  [31, /^certificate\.cert: ".*" is over since \d{4}-\d\d-\d\d; set one that is valid$/],
  [-2, /^certificate\.cert: ".*" is not valid before \d{4}-\d\d-\d\d; set one that is valid$/],
])('%i days from now it is refused, or served with an error in the log', async (inDays, problem) => {
  await expect(read(pair, { inDays })).rejects.toThrow(problem);
  expect((await read(pair, { inDays, expired: 'serve' })).errors).toEqual([expect.stringMatching(problem)]);
});
