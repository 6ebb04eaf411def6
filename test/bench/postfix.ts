/**
 * A private Postfix beside ours, so that a rate is a ratio of the same minute on the same machine. It accepts for
 * any address and discards (`discard:`), each message synced into its queue first: what "accepting alone" means.
 * Needs Debian's postfix and root; nothing of the system's own instance is touched.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MASTER = '/etc/postfix/master.cf.proto';

export interface Peer extends AsyncDisposable {
  readonly port: number;
}

/** Null: Postfix is not installed, or we are not root. */
export async function startPostfix(folder: string): Promise<Peer | null> {
  if (!existsSync('/usr/sbin/postfix') || !existsSync(MASTER) || process.getuid?.() !== 0) return null;
  const conf = join(folder, 'conf');
  const port = await freePort();
  for (const part of ['conf', 'spool', 'data', 'log']) await mkdir(join(folder, part), { recursive: true });
  await chmod(folder, 0o755);
  await run('chown', ['postfix', join(folder, 'data')]);
  await writeFile(join(conf, 'main.cf'), mainCf(folder));
  await writeFile(join(conf, 'transport'), '/./ discard:\n');
  await writeFile(join(conf, 'master.cf'), await masterCf(port));
  for (const name of ['dynamicmaps.cf', 'dynamicmaps.cf.d', 'postfix-files', 'postfix-files.d']) {
    if (existsSync(join('/etc/postfix', name)))
      await cp(join('/etc/postfix', name), join(conf, name), { recursive: true });
  }
  await run('postfix', ['-c', conf, 'start']);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await run('postfix', ['-c', conf, 'stop']).catch(() => {});
    },
  };
}

function mainCf(folder: string): string {
  return Object.entries({
    compatibility_level: '3.6',
    queue_directory: join(folder, 'spool'),
    data_directory: join(folder, 'data'),
    maillog_file: join(folder, 'log', 'mail.log'),
    maillog_file_prefixes: `/var, ${folder}`,
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    myhostname: 'postfix.bench.example',
    mydestination: '',
    mynetworks: '127.0.0.0/8',
    local_recipient_maps: '',
    alias_maps: '',
    alias_database: '',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_peername_lookup: 'no',
    smtp_tls_security_level: 'none',
    smtpd_tls_security_level: 'none',
    disable_dns_lookups: 'yes',
    transport_maps: `regexp:${join(folder, 'conf', 'transport')}`,
  })
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

/** Debian's services without chroot, and one listener of ours. */
async function masterCf(port: number): Promise<string> {
  const lines = (await readFile(MASTER, 'utf8')).split('\n').map((line) => {
    if (/^smtp\s+inet\s/.test(line)) return `#${line}`;
    return line.replace(/^(\S+\s+\S+\s+\S+\s+\S+\s+)y(\s)/, '$1n$2');
  });
  return `${lines.join('\n')}\n127.0.0.1:${port} inet n - n - 200 smtpd\n`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
