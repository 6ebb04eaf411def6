/**
 * The certificate for TLS at our doors and for IMAP: the given one, or a self-signed pair that is made once with the
 * openssl program. Key and certificate are written under temporary names, synced and renamed, the certificate last:
 * a pair counts as there only when both are, so a crash in between only makes it again.
 *
 * As root we own the folder before we look into it, and take no links from it: the server's user, whose folder it may have
 * been (a restore, a service that never was root), could have us hand out another program's key, or write over a file.
 */
import { execFile } from 'node:child_process';
import { access, constants, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from './log.ts';
import { isRoot } from './privileges.ts';
import { errorCode, messageOf, Problem } from './problem.ts';

export interface CertificateFiles {
  /** PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateDeps {
  /** Where the self-signed pair is kept. */
  readonly folder: string;
  readonly hostname: string;
  readonly given: CertificateFiles | null;
  readonly log: Pick<Log, 'warn'>;
}

const VALID_DAYS = 3650;

/** Throws a Problem when a given file cannot be read or openssl cannot be run. */
export async function ensureCertificate(deps: CertificateDeps): Promise<CertificateFiles> {
  const { folder, hostname, given, log } = deps;
  if (given) {
    await checkReadable('certificate.cert', given.cert);
    await checkReadable('certificate.key', given.key);
    return given;
  }
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (isRoot()) await takeBack(folder);
  if ((await isThere(cert)) && (await isThere(key))) return { cert, key };
  const fresh = join(folder, `new-${process.pid}`);
  try {
    await makePair(hostname, `${fresh}.cert`, `${fresh}.key`);
    await syncFile(`${fresh}.key`);
    await syncFile(`${fresh}.cert`);
    // A certificate that lost its key must not be found beside the new one.
    await rm(cert, { force: true });
    await rename(`${fresh}.key`, key);
    await rename(`${fresh}.cert`, cert);
    await syncFile(folder);
  } finally {
    await rm(`${fresh}.cert`, { force: true });
    await rm(`${fresh}.key`, { force: true });
  }
  log.warn({ cert, hostname }, 'made a self-signed certificate: mail clients will ask whether to trust it');
  return { cert, key };
}

/** Whoever owns the folder could exchange what is in it between two looks. */
async function takeBack(path: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  await using folder = await open(path, flags).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOTDIR' && errorCode(error) !== 'ELOOP') throw error;
    throw new Problem(`${path}: is not a folder; move it away`);
  });
  const { uid, gid } = await folder.stat();
  if (uid === 0) return;
  await folder.chown(0, gid);
  await folder.chmod(0o755);
}

async function makePair(hostname: string, cert: string, key: string): Promise<void> {
  const own = isIP(hostname) ? `IP:${hostname}` : `DNS:${hostname}`;
  const names = [own, 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
  // The key's rights are there before its content is.
  await rm(key, { force: true });
  await rm(cert, { force: true });
  await (await open(key, 'wx', 0o600)).close();
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256', '-nodes'];
  args.push(
    '-days',
    String(VALID_DAYS),
    '-subj',
    '/CN=Geganti self-signed',
    '-addext',
    `subjectAltName=${names.join(',')}`,
  );
  args.push('-keyout', key, '-out', cert);
  try {
    await promisify(execFile)('openssl', args);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      throw new Problem(
        'openssl: is not installed; run: node bin/setup.js, or set certificate.cert and certificate.key',
      );
    }
    throw new Problem(
      `certificate for "${hostname}": openssl failed (${messageOf(error).split('\n')[0]}); check hostname`,
    );
  }
}

async function checkReadable(name: string, path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new Problem(`${name}: "${path}" ${why}; set the path of a PEM file or leave the key out`);
  }
}

async function isThere(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (isRoot() && found?.isFile() === false) throw new Problem(`${path}: is not a file; move it away`);
  return found !== null;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
