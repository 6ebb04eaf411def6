/** Self-signed certificates for TLS in tests. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

let made: TestCertificate | undefined;

/** Made once a process. */
export function testCertificate(): TestCertificate {
  made ??= newTestCertificate();
  return made;
}

/** Another one with each call; `kind`: the options of openssl for its key. */
export function newTestCertificate(kind: readonly string[] = P256): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'geganti-cert-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  try {
    const names = ['-subj', '/CN=mail.agency.example', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '30', ...kind, ...names], {
      stdio: 'ignore',
    });
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
