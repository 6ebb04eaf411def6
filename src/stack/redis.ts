/** Private Redis: the queue's index (config/stack/redis.conf). */
import type { Endpoint } from '../lib/endpoint.ts';
import type { ChildSpec } from './child.ts';
import { prepareEndpoint, removeSocketOf, runAs, type StackContext, serviceFolder } from './context.ts';
import { findProgram } from './listen.ts';
import { ask } from './probe.ts';
import { type Block, renderTo } from './render.ts';

export async function redisSpec(context: StackContext): Promise<ChildSpec> {
  const command = await findProgram('redis-server');
  const user = context.users.serviceUser('redis');
  const endpoint = await prepareEndpoint(context, 'redis', user);
  const folder = await serviceFolder(context, 'redis', user);
  const config = await renderTo(context.configFolder, 'redis.conf', {
    listen: listenLines(endpoint),
    folder,
  });
  return {
    name: 'redis',
    command,
    args: [config],
    env: null,
    cwd: folder,
    user: runAs(context, user),
    stopMs: 10_000,
    // A long append-only file is read first.
    readyMs: 120_000,
    note: null,
    prepare: () => removeSocketOf(endpoint),
    cleanup: () => removeSocketOf(endpoint),
    isReady: async (signal) => (await ask(endpoint, 'PING\r\n', signal))?.startsWith('+PONG') ?? false,
  };
}

function listenLines(endpoint: Endpoint): Block {
  return endpoint.kind === 'unix'
    ? { lines: ['port 0', `unixsocket ${endpoint.path}`, 'unixsocketperm 660'] }
    : { lines: [`bind ${endpoint.host}`, `port ${endpoint.port}`] };
}
