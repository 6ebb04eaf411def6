/** Private Dovecot: mailboxes by IMAP, delivery by LMTP, users from our database (config/stack/dovecot*.conf). */
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabasePlace } from '../config/settings.ts';
import { canConnect } from '../lib/can-connect.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import { errorCode } from '../lib/problem.ts';
import { MAILBOX_OWNERS, type SystemUser } from '../lib/system-users.ts';
import type { ChildSpec } from './child.ts';
import { prepareEndpoint, removeSocketOf, type StackContext } from './context.ts';
import { writeSqlFile } from './dovecot-sql.ts';
import { makeFolder, removeFolder } from './folders.ts';
import { checkSocketPath, choosePort, findProgram } from './listen.ts';
import { ensureMasterUser, masterName } from './master-user.ts';
import { ask } from './probe.ts';
import { type Block, renderTo } from './render.ts';

export interface ImapPorts {
  readonly imap: number;
  readonly imaps: number;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Dovecot's longest socket below its run folder (base_dir). */
const longestSocket = 'token-login/imap-urlauth';

export async function dovecotSpec(
  context: StackContext,
  certificate: Certificate,
): Promise<{ spec: ChildSpec; ports: ImapPorts }> {
  const command = await findProgram('dovecot');
  const { data, stack } = context.settings;
  const { users } = context;
  const runFolder = join(data, 'run', 'imap');
  checkSocketPath('data', join(runFolder, longestSocket));
  const lmtp = await prepareEndpoint(context, 'lmtp', users.self);
  const imap = await choosePort('stack.imap.port', stack.imap.addresses, stack.imap.port);
  const imaps = await choosePort('stack.imap.tlsPort', imap.addresses, stack.imap.tlsPort);
  const addresses = imaps.addresses;
  const ports = { imap: imap.port, imaps: imaps.port };

  const values = await prepareData(context);
  const place = context.settings.database.directory;
  const sqlFile = await writeSqlFile(context.configFolder, place, values.mailboxes);
  const config = await renderTo(context.configFolder, 'dovecot.conf', {
    runFolder,
    stateFolder: values.stateFolder,
    ...userValues(context),
    masterName,
    masterFile: values.masterFile,
    sqlFile,
    hostname: context.settings.hostname,
    lmtpListener: lmtpLines(lmtp, context.server),
    cert: certificate.cert,
    key: certificate.key,
    imapAddresses: addresses.join(', '),
    imapPort: ports.imap,
    imapsPort: ports.imaps,
  });
  const [address = '127.0.0.1'] = addresses;
  const remove = async (): Promise<void> => {
    await removeSocketOf(lmtp);
    removeFolder(runFolder);
  };
  const spec: ChildSpec = {
    name: 'dovecot',
    command,
    args: ['-F', '-c', config],
    env: null,
    cwd: join(data, 'dovecot'),
    user: null,
    stopMs: 10_000,
    readyMs: 60_000,
    note: null,
    reloads: true,
    prepare: async () => {
      // What an earlier one left there (sockets, master.pid) may make it believe that it runs already.
      await remove();
      // Not Dovecot's to make: one that the server's user made first would be taken for its own.
      await mkdir(runFolder, { mode: 0o755 });
    },
    cleanup: remove,
    isReady: (signal) =>
      answers({ kind: 'tcp', host: address, port: ports.imap }, lmtp, { accounts: place, signal }),
  };
  return { spec, ports };
}

async function answers(
  imap: Endpoint,
  lmtp: Endpoint,
  { accounts, signal }: { readonly accounts: DatabasePlace; readonly signal: AbortSignal },
): Promise<boolean> {
  if (!(await ask(lmtp, '', signal))?.startsWith('220 ')) return false;
  // It greets at IMAP only once it has its accounts. A PostgreSQL that is away is no reason not to start.
  if (accounts.kind === 'postgresql') return await canConnect(imap);
  return (await ask(imap, '', signal))?.startsWith('* OK ') ?? false;
}

interface DataPaths {
  readonly mailboxes: string;
  readonly stateFolder: string;
  readonly masterFile: string;
}

async function prepareData(context: StackContext): Promise<DataPaths> {
  const { data } = context.settings;
  const { users, server } = context;
  const dovecot = users.serviceUser('dovecot');
  const folder = await makeFolder(join(data, 'dovecot'), {
    mode: 0o750,
    owner: { uid: users.self.uid, gid: dovecot.gid },
  });
  const stateFolder = await makeFolder(join(folder, 'state'), { mode: 0o755, owner: users.self });
  const masterFile = await ensureMasterUser(data, dovecot.gid);
  const mailboxes = await makeFolder(join(data, 'mailboxes'), { mode: 0o700, owner: mailUser(context) });
  const place = context.settings.database.directory;
  if (place.kind === 'sqlite') {
    await makeFolder(dirname(place.file), { mode: 0o750, owner: server });
    await ensureDatabaseFile(place.file, server);
  }
  return { mailboxes, stateFolder, masterFile };
}

/**
 * An empty file is an empty database to SQLite. It is made here with the right owner: otherwise whoever comes first,
 * the server as root or Dovecot's worker, would make it in a way that the other cannot write.
 */
async function ensureDatabaseFile(path: string, owner: SystemUser): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o640);
    try {
      if (process.getuid?.() === 0) await file.chown(owner.uid, owner.gid);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function mailUser(context: StackContext): SystemUser {
  return context.users.serviceUser(...MAILBOX_OWNERS);
}

/** As root each part has its own user; otherwise all are one, and nothing can be locked into a folder (chroot). */
function userValues(context: StackContext): Record<string, string | number | Block> {
  const { users, server } = context;
  const internal = users.serviceUser('dovecot');
  const login = users.serviceUser('dovenull');
  const mail = mailUser(context);
  const noChroot: Block = { lines: users.root ? [] : ['chroot ='] };
  return {
    internalUser: internal.name,
    internalGroup: internal.group,
    loginUser: login.name,
    mailUser: mail.name,
    mailUid: mail.uid,
    mailGid: mail.gid,
    databaseUser: server.name,
    serviceUser: { lines: users.root ? [] : [`user = ${users.self.name}`] },
    loginChroot: noChroot,
    anvilChroot: noChroot,
  };
}

function lmtpLines(endpoint: Endpoint, server: SystemUser): Block {
  const lines =
    endpoint.kind === 'unix'
      ? [`unix_listener ${endpoint.path} {`, '  mode = 0660', `  group = ${server.group}`, '}']
      : ['inet_listener lmtp {', `  address = ${endpoint.host}`, `  port = ${endpoint.port}`, '}'];
  return { lines };
}
