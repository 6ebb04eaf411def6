/**
 * The certificate that the server and Dovecot use: copies in `<data>/run/certificate`, which the server's user may read.
 * The originals are often for root alone. A pair is copied only when TLS works with it; each file is
 * replaced by a rename, so that a reader never finds half of one.
 */
import { chown, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateFiles, ensureCertificate } from '../lib/certificate.ts';
import { readCertificate } from '../lib/certificate-pair.ts';
import { isRoot } from '../lib/privileges.ts';
import type { StackContext } from './context.ts';
import { makeFolder } from './folders.ts';

/** Where the copies are; the server's children are told of them by their environment. */
export function publishedCertificate(data: string): CertificateFiles {
  const folder = join(data, 'run', 'certificate');
  return { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
}

/**
 * At the start (`expired: 'serve'`), and again when the originals have changed (`'refuse'`: the copies go on). Throws a
 * Problem when the originals cannot serve; the copies stay as they are then.
 */
export async function publishCertificate(
  { settings, users, server, log }: StackContext,
  when: { readonly now: number; readonly expired: 'serve' | 'refuse' },
): Promise<CertificateFiles> {
  const { data, hostname, certificate: given } = settings;
  const source = await ensureCertificate({ folder: join(data, 'certificate'), hostname, given, log });
  const { cert, key } = await readCertificate(source, { ...when, log });
  await makeFolder(join(data, 'run', 'certificate'), { mode: 0o755, owner: users.self });
  const copies = publishedCertificate(data);
  await replace(copies.key, key, server);
  await replace(copies.cert, cert, server);
  return copies;
}

async function replace(
  path: string,
  content: Buffer,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o400);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  if (isRoot()) await chown(draft, owner.uid, owner.gid);
  await rename(draft, path);
}
