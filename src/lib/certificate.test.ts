import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, chown, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { ensureCertificate } from './certificate.ts';
import { silentLog } from './log.ts';

const hostname = 'mail.test.example';
const base = { hostname, given: null, log: silentLog };

test('a self-signed ECDSA pair for all our names is made once, its key for us alone', async () => {
  await using folder = await tempFolder();
  const files = await ensureCertificate({ ...base, folder: folder.path });
  const certificate = new X509Certificate(await readFile(files.cert));
  for (const name of [hostname, 'localhost']) expect(certificate.checkHost(name)).toBe(name);
  for (const ip of ['127.0.0.1', '::1']) expect(certificate.checkIP(ip)).toBe(ip);
  expect(certificate.checkPrivateKey(createPrivateKey(await readFile(files.key)))).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(Date.parse(certificate.validTo) - Date.now()).toBeGreaterThan(3649 * 86_400_000);
  expect((await stat(files.key)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder.path)).sort()).toEqual(['cert.pem', 'key.pem']);

  await ensureCertificate({ ...base, folder: folder.path });
  expect(new X509Certificate(await readFile(files.cert)).serialNumber).toBe(certificate.serialNumber);
});

test('half a pair is made again as a whole', async () => {
  await using folder = await tempFolder();
  const files = await ensureCertificate({ ...base, folder: folder.path });
  await rm(files.key);
  await ensureCertificate({ ...base, folder: folder.path });
  const certificate = new X509Certificate(await readFile(files.cert));
  expect(certificate.checkPrivateKey(createPrivateKey(await readFile(files.key)))).toBe(true);
});

test('a given pair is taken as it is', async () => {
  await using folder = await tempFolder();
  const given = { cert: join(folder.path, 'a.pem'), key: join(folder.path, 'b.pem') };
  await writeFile(given.cert, '');
  await writeFile(given.key, '');
  expect(await ensureCertificate({ ...base, given, folder: join(folder.path, 'own') })).toEqual(given);
});

test('a given file that is not there is named with its key', async () => {
  await using folder = await tempFolder();
  const given = { cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' };
  await expect(ensureCertificate({ ...base, given, folder: folder.path })).rejects.toThrow(
    'certificate.cert: "/nowhere/cert.pem" does not exist; set the path of a PEM file or leave the key out',
  );
});

test('a host name that openssl cannot take is one clear line', async () => {
  await using folder = await tempFolder();
  const made = ensureCertificate({ ...base, hostname: '', folder: folder.path });
  await expect(made).rejects.toThrow(/^certificate for "": openssl failed .*check hostname$/);
  await chmod(folder.path, 0o755);
  expect(await readdir(folder.path)).toEqual([]);
});

describe.runIf(process.getuid?.() === 0)("as root, in a folder that was another user's", () => {
  test("it is root's from then on, and a key that is a link to another one is not handed out", async () => {
    await using folder = await tempFolder();
    const own = join(folder.path, 'certificate');
    const files = await ensureCertificate({ ...base, folder: own });
    await chown(own, 65_534, 65_534);
    await ensureCertificate({ ...base, folder: own });
    expect([(await stat(own)).uid, (await stat(own)).mode & 0o777]).toEqual([0, 0o755]);

    const secret = join(folder.path, 'secret.pem');
    await writeFile(secret, await readFile(files.key), { mode: 0o600 });
    await rm(files.key);
    await symlink(secret, files.key);
    await chown(own, 65_534, 65_534);
    const made = ensureCertificate({ ...base, folder: own });
    await expect(made).rejects.toThrow(`${files.key}: is not a file; move it away`);
  });

  test('a pair is not written through links that wait for it', async () => {
    await using folder = await tempFolder();
    const own = join(folder.path, 'certificate');
    await ensureCertificate({ ...base, folder: own });
    await rm(join(own, 'key.pem'));
    const outside = join(folder.path, 'outside');
    await writeFile(outside, 'not ours', { mode: 0o644 });
    for (const end of ['key', 'cert']) await symlink(outside, join(own, `new-${process.pid}.${end}`));
    await chown(own, 65_534, 65_534);
    await ensureCertificate({ ...base, folder: own });
    expect([await readFile(outside, 'utf8'), (await stat(outside)).mode & 0o777]).toEqual([
      'not ours',
      0o644,
    ]);
  });
});
