/** A Redis of a test's own, on a Unix socket in the test's folder, that can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Endpoint } from '../../src/lib/endpoint.ts';

export interface PrivateRedis extends AsyncDisposable {
  readonly endpoint: Endpoint & { readonly kind: 'unix' };
  start(): void;
  /** Ends it without a word, and waits until it is gone. */
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

export function startRedis(folder: string, ...more: string[]): PrivateRedis {
  const path = join(folder, 'r.sock');
  const args = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', ...more];
  let child: ChildProcess;
  const start = (): void => {
    child = spawn('redis-server', args, { stdio: 'ignore' });
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  start();
  return {
    endpoint: { kind: 'unix', path },
    start,
    kill,
    signal: (name) => child.kill(name),
    [Symbol.asyncDispose]: kill,
  };
}
