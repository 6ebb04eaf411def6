/** A self-signed certificate for TLS in tests, made once a process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made: { cert: Buffer; key: Buffer } | undefined;

export function testCertificate(): { cert: Buffer; key: Buffer } {
  made ??= make();
  return made;
}

function make(): { cert: Buffer; key: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'geganti-cert-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  try {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
    const names = ['-subj', '/CN=mail.agency.example', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names], { stdio: 'ignore' });
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
