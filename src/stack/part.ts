/**
 * One neighbour alone, in the foreground, with the settings, users and sockets that it has under `geganti up`: for a container
 * (docker/), whose engine starts it again. Its output is ours, and its end is ours.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { publishCertificate } from './certificate.ts';
import { type ChildSpec, spawnChild } from './child.ts';
import { clamdSpec } from './clamd.ts';
import { createContext, type StackContext, type StackInput } from './context.ts';
import { dovecotSpec } from './dovecot.ts';
import { redisSpec } from './redis.ts';
import { rspamdSpec } from './rspamd.ts';

export interface PartDeps {
  /** "redis", "clamd", "rspamd" or "dovecot". */
  readonly name: string;
  readonly settings: StackInput;
  readonly log: Log;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** Calls the listener at each wish (HUP) that the certificate is read anew. */
  readonly onReload: (listener: () => void) => void;
}

const STDOUT = 1;

/** Resolves with the exit code once the program has ended. Throws a Problem when it cannot be started. */
export async function runPart({ name, settings, log, clock, stop, onReload }: PartDeps): Promise<number> {
  const context = await createContext(settings, log);
  const publish = (expired: 'serve' | 'refuse') => publishCertificate(context, { now: clock.now(), expired });
  const spec = await specOf(name, context, publish);
  await spec.prepare?.();
  const child = spawnChild(spec, STDOUT);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    // As shells have it.
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGTERM' ? 0 : 128)));
  });
  const end = (): void => void child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  onReload(() => {
    if (!spec.reloads) return;
    void publish('refuse').then(
      () => child.kill('SIGHUP'),
      (error: unknown) => log.error({ err: error }, 'the certificate stays as it was'),
    );
  });
  try {
    return await ended;
  } finally {
    stop.removeEventListener('abort', end);
    await spec.cleanup?.();
  }
}

async function specOf(
  name: string,
  context: StackContext,
  publish: (expired: 'serve') => ReturnType<typeof publishCertificate>,
): Promise<ChildSpec> {
  switch (name) {
    case 'redis':
      return await redisSpec(context);
    case 'clamd':
      return await clamdSpec(context);
    case 'rspamd':
      return await rspamdSpec(context);
    case 'dovecot':
      return (await dovecotSpec(context, await publish('serve'))).spec;
    default:
      throw new Problem(`part "${name}": unknown; use one of redis, clamd, rspamd, dovecot`);
  }
}
