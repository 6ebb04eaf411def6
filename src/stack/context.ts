/** What the four services have in common when their settings are made: folders, users, and who may reach a socket. */
import { dirname, join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import type { Log } from '../lib/log.ts';
import { findServerUser } from '../lib/privileges.ts';
import { checkDataFolder, prepareData } from '../lib/privileges-data.ts';
import { Problem } from '../lib/problem.ts';
import type { SystemUser } from '../lib/system-users.ts';
import { checkEnterable, makeFolder, removeStaleSocket } from './folders.ts';
import { checkEndpoint } from './listen.ts';
import { checked } from './render.ts';
import { readUsers, type Users } from './users.ts';

export type StackInput = Pick<
  Settings,
  'data' | 'user' | 'hostname' | 'services' | 'stack' | 'certificate' | 'limits' | 'scan' | 'database'
>;

export interface StackContext {
  readonly settings: StackInput;
  readonly users: Users;
  /** The user that the mail server runs as: the sockets are for it and for root. */
  readonly server: SystemUser;
  readonly log: Log;
  /** Rendered settings; what holds a secret is readable for its program alone. */
  readonly configFolder: string;
  readonly logFolder: string;
}

export async function createContext(settings: StackInput, log: Log): Promise<StackContext> {
  const users = readUsers();
  checked('data', settings.data);
  await openDataFolder(settings, users);
  return {
    settings,
    users,
    server: users.root ? findServerUser(settings.user) : users.self,
    log,
    configFolder: await makeFolder(join(settings.data, 'run', 'config'), { mode: 0o755, owner: users.self }),
    logFolder: join(settings.data, 'log'),
  };
}

/** The data folder with what every part relies on: its `run` and its `log`, and as root the server's own folders. */
export async function openDataFolder(
  { data, user }: Pick<StackInput, 'data' | 'user'>,
  users: Users,
): Promise<void> {
  const owner = users.self;
  if (users.root) await checkEnterable(data);
  checkDataFolder(data);
  await makeFolder(data, { mode: 0o755, owner });
  if (users.root) return prepareData({ data, user });
  await makeFolder(join(data, 'run'), { mode: 0o755, owner });
  await makeFolder(join(data, 'log'), { mode: 0o750, owner });
}

/** A folder of the service's own below data. */
export async function serviceFolder(context: StackContext, name: string, user: SystemUser): Promise<string> {
  return await makeFolder(join(context.settings.data, name), { mode: 0o700, owner: user });
}

/**
 * Checks where the service is to listen and makes the folder of its socket: the service writes, the server's group
 * enters, nobody else. The folder hands its group on to the socket (setgid), so the service need not be a member.
 */
export async function prepareEndpoint(
  context: StackContext,
  key: 'redis' | 'clamd' | 'rspamd' | 'lmtp',
  user: SystemUser,
): Promise<Endpoint> {
  const endpoint = context.settings.services[key];
  await checkEndpoint(`services.${key}`, endpoint);
  if (endpoint.kind === 'tcp') return endpoint;
  const run = join(context.settings.data, 'run');
  const folder = dirname(checked(`services.${key}`, endpoint.path));
  if (folder === run && context.users.root) {
    throw new Problem(
      `services.${key}: ${endpoint.path} needs a folder of its own; set ${join(run, key, `${key}.sock`)}`,
    );
  }
  if (folder.startsWith(`${run}/`)) {
    await makeFolder(folder, { mode: 0o2750, owner: { uid: user.uid, gid: context.server.gid } });
  }
  return endpoint;
}

export async function removeSocketOf(endpoint: Endpoint): Promise<void> {
  if (endpoint.kind === 'unix') await removeStaleSocket(endpoint.path);
}

/** Who a program is started as: null when it is ourselves anyway. */
export function runAs(context: StackContext, user: SystemUser): SystemUser | null {
  return user.uid === context.users.self.uid ? null : user;
}
