/** Private rspamd: spam, SPF, DKIM, DMARC (config/stack/rspamd.conf and rspamd.lua). */
import { join } from 'node:path';
import { type Endpoint, formatEndpoint } from '../lib/endpoint.ts';
import type { ChildSpec } from './child.ts';
import { prepareEndpoint, removeSocketOf, runAs, type StackContext, serviceFolder } from './context.ts';
import { makeFolder, removeStaleSocket } from './folders.ts';
import { findProgram } from './listen.ts';
import { askHttp } from './probe.ts';
import { type Block, checked, renderTo } from './render.ts';

export async function rspamdSpec(context: StackContext): Promise<ChildSpec> {
  const command = await findProgram('rspamd');
  const { stack, limits } = context.settings;
  const user = context.users.serviceUser('_rspamd');
  const endpoint = await prepareEndpoint(context, 'rspamd', user);
  const folder = await serviceFolder(context, 'rspamd', user);
  const hyperscan = await makeFolder(stack.hyperscanCache ?? join(folder, 'hyperscan'), {
    mode: 0o755,
    owner: user,
  });
  const script = await renderTo(context.configFolder, 'rspamd.lua', {});
  const config = await renderTo(context.configFolder, 'rspamd.conf', {
    folder,
    hyperscan,
    script,
    bind: bindLine(endpoint),
    localNetworks: list('stack.localNetworks', stack.localNetworks),
    nameServers: nameServerLines(stack.nameServers),
    workers: 2,
    // Above our own limit, header lines of ours included: what it refuses for its size would wait for ever.
    maxMessageBytes: 2 * limits.messageBytes,
  });
  // Its data folder as "local configuration": nothing that somebody put into /etc/rspamd/local.d changes a verdict.
  const variables = { LOCAL_CONFDIR: folder, DBDIR: folder, RUNDIR: folder, LOGDIR: folder };
  return {
    name: 'rspamd',
    command,
    args: ['-f', '-c', config, ...Object.entries(variables).map(([name, value]) => `--var=${name}=${value}`)],
    env: null,
    cwd: folder,
    user: runAs(context, user),
    stopMs: 10_000,
    // Without its cache it compiles expressions for ten seconds of two processors.
    readyMs: 180_000,
    note: null,
    prepare: () => removeSocketOf(endpoint),
    cleanup: async () => {
      await removeSocketOf(endpoint);
      await removeStaleSocket(join(folder, 'control.sock'));
    },
    isReady: async (signal) => (await askHttp(endpoint, '/ping', signal))?.startsWith('pong') ?? false,
  };
}

function bindLine(endpoint: Endpoint): Block {
  const options = endpoint.kind === 'unix' ? ' mode=0660' : '';
  return { lines: [`bind_socket = "${formatEndpoint(endpoint)}${options}";`] };
}

/** Empty: rspamd reads /etc/resolv.conf. */
function nameServerLines(servers: readonly string[]): Block {
  if (servers.length === 0) return { lines: ["# nameserver: the system's"] };
  return { lines: [`nameserver = ${list('stack.nameServers', servers).lines[0]};`] };
}

function list(name: string, values: readonly string[]): Block {
  return { lines: [`[${values.map((value) => `"${checked(name, value)}"`).join(', ')}]`] };
}
