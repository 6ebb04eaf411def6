/**
 * Reads a certificate and its key and makes sure that TLS can work with them, before anybody's handshake fails on them:
 * both are PEM, they belong together, and the certificate is not over. Every fault is a Problem of one line.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { CertificateFiles } from './certificate.ts';
import type { Log } from './log.ts';
import { errorCode, messageOf, Problem } from './problem.ts';

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;

/** PEM, as they were read. */
export interface CertificatePair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Certificate extends CertificatePair {
  /** In hexadecimal, as openssl prints it. */
  readonly serial: string;
  readonly expiresAt: number;
}

/**
 * `expired`: 'refuse' where an older pair can go on; 'serve' at the start, when mail with a certificate that is over is
 * better than no mail. Warns from 14 days before the end on.
 */
export async function readCertificate(
  files: CertificateFiles,
  deps: {
    readonly now: number;
    readonly expired: 'refuse' | 'serve';
    readonly log: Pick<Log, 'warn' | 'error'>;
  },
): Promise<Certificate> {
  const cert = await read('certificate.cert', files.cert);
  const key = await read('certificate.key', files.key);
  const certificate = parseCertificate(files.cert, cert);
  const secret = parseKey(files.key, key);
  if (!certificate.checkPrivateKey(secret)) {
    throw new Problem(
      `certificate.key: "${files.key}" does not belong to the first certificate of "${files.cert}"; name the key that it was made with, and put your own certificate before its chain`,
    );
  }
  checkTls(files, { cert, key });
  const expiresAt = certificate.validToDate.getTime();
  checkTime(files.cert, certificate, deps);
  return { cert, key, serial: certificate.serialNumber, expiresAt };
}

async function read(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Problem(`${setting}: "${path}" ${whyUnread(error)}`);
  }
}

function whyUnread(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return 'does not exist; set the path of a PEM file or leave the key out';
    case 'EACCES':
      return 'may not be read by the user of the server; give its group the right to read it';
    case 'EISDIR':
      return 'is a folder; set the path of a PEM file';
    default:
      return `cannot be read: ${messageOf(error)}`;
  }
}

function parseCertificate(path: string, pem: Buffer): X509Certificate {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Problem(`certificate.cert: "${path}" holds no certificate in PEM form; ${cureFor(pem)}`);
  }
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Problem(`certificate.cert: "${path}" holds a broken certificate; copy it again as a whole`);
  }
}

function parseKey(path: string, pem: Buffer): KeyObject {
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem.toString('latin1'))) {
    throw new Problem(
      `certificate.key: "${path}" is locked with a passphrase; write it without: openssl pkey`,
    );
  }
  if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(pem.toString('latin1'))) {
    throw new Problem(`certificate.key: "${path}" holds no private key in PEM form; ${cureFor(pem)}`);
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Problem(`certificate.key: "${path}" holds a broken key; copy it again as a whole`);
  }
}

function cureFor(pem: Buffer): string {
  if (pem.length === 0) return 'it is empty';
  return pem.includes('-----BEGIN ') ? 'it holds something else' : 'convert it with openssl';
}

/** What TLS itself does not take: a weak key, or a chain that is no chain. */
function checkTls(files: CertificateFiles, pair: CertificatePair): void {
  try {
    createSecureContext({ ...pair, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new Problem(`certificate.cert: "${files.cert}" cannot be used for TLS: ${messageOf(error)}`);
  }
}

function checkTime(
  path: string,
  certificate: X509Certificate,
  { now, expired, log }: Parameters<typeof readCertificate>[1],
): void {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  if (to <= now || from > now) {
    const [state, since] = to <= now ? ['is over since', to] : ['is not valid before', from];
    const text = `certificate.cert: "${path}" ${state} ${isoDay(since)}; set one that is valid`;
    if (expired === 'refuse') throw new Problem(text);
    log.error({ cert: path }, text);
  } else if (to - now < WARN_DAYS * DAY_MS) {
    const days = Math.floor((to - now) / DAY_MS);
    log.warn({ cert: path, until: isoDay(to) }, `the certificate ends in ${days} days: set a new one`);
  }
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
