/**
 * `geganti up`: everything on one machine. Supervises the neighbours and the server's own processes, tells on the
 * terminal what becomes ready, and stays until it is told to stop.
 */
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { aborted } from '../lib/aborted.ts';
import type { Clock } from '../lib/clock.ts';
import { createLog, type Log } from '../lib/log.ts';
import { openDataFolder } from './context.ts';
import { checkRoom } from './folders.ts';
import { serverSpecs } from './server.ts';
import { type Stack, startStack } from './stack.ts';
import type { PartState } from './state.ts';
import { readUsers } from './users.ts';

export interface UpDeps {
  /** What is read at each use of it changes with `reread`: the certificate, and how much is logged. */
  readonly settings: Settings;
  /** The program and its arguments that run the server with all its roles: `node src/main.ts serve`. */
  readonly server: { readonly command: string; readonly args: readonly string[]; readonly cwd: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** Calls the listener at each wish (HUP) that certificates and settings are read anew. */
  readonly onReload: (listener: () => void) => void;
  /** Settings with a fault stay as they are; the log says what of them took effect. */
  readonly reread: (log: Log) => void;
  readonly print: (line: string) => void;
}

const WATCH_MS = 50;
/** What `hostname` is when neither the settings nor the machine name one. */
const DEFAULT_HOSTNAME = 'mail.localhost';

/** Resolves with the exit code once all is stopped. Throws a Problem when something cannot start; nothing runs then. */
export async function runUp(deps: UpDeps): Promise<number> {
  const { settings, clock, stop, print } = deps;
  await openDataFolder(settings, readUsers());
  await checkRoom(settings.data);
  const log = createLog({ level: settings.logLevel, file: join(settings.data, 'log', 'stack.log') });
  const startedMs = clock.elapsedMs();
  print(`Starting Redis, clamd, rspamd, Dovecot and Geganti; data and logs are in ${settings.data}`);

  await using stack = await startStack({ settings, log, clock, extra: serverSpecs(deps) });
  deps.onReload(() => {
    deps.reread(log);
    log.setLevel(settings.logLevel);
    void stack.reload();
  });
  {
    using _told = tellProgress(() => stack.parts, deps);
    await untilReady(stack, stop);
  }
  if (!stop.aborted) {
    for (const line of summary(deps.settings, stack.ports)) print(line);
    print(`ready (${seconds(clock.elapsedMs() - startedMs)})`);
  }
  await aborted(stop);
  print('Stopping');
  return 0;
}

/** Being told to stop while something still starts is no failure. */
async function untilReady(stack: Stack, stop: AbortSignal): Promise<void> {
  try {
    await stack.waitReady(stop);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** A line for each part as it becomes ready, and for what an operator should know of it. */
function tellProgress(parts: () => readonly PartState[], deps: UpDeps): Disposable {
  const { clock, print } = deps;
  const startedMs = clock.elapsedMs();
  const told = new Set<string>();
  const look = (): void => {
    for (const { name, state, note } of parts()) {
      if (state !== 'ready' || told.has(name)) continue;
      told.add(name);
      print(`  ${name.padEnd(8)} ${seconds(clock.elapsedMs() - startedMs)}${note ? `  NOTE: ${note}` : ''}`);
    }
  };
  const timer = setInterval(look, WATCH_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      look();
    },
  };
}

function summary(settings: Settings, imap: { readonly imap: number; readonly imaps: number }): string[] {
  const { mx, submission, submissions } = settings.doors;
  const name =
    settings.hostname === DEFAULT_HOSTNAME
      ? [
          `Our name is ${DEFAULT_HOSTNAME}, for trials only: set "hostname" before mail goes to or comes from others.`,
        ]
      : [];
  const isChosen = [mx, submission, submissions].some(({ port }) => port === 0);
  const chosen = isChosen ? ['geganti status shows which free port it is.'] : [];
  return [
    ...name,
    `Mail from other servers: ${portOf(mx)}. Mail clients send: ${portOf(submission)} (STARTTLS) or ${portOf(submissions)} (TLS).`,
    `Mail clients read: IMAP port ${imap.imaps} (TLS) or ${imap.imap} (STARTTLS).`,
    ...chosen,
    'Next, in another terminal: npm run demo, or bin/geganti help. Ctrl-C stops everything.',
  ];
}

/** The system chooses one in the place of 0, and only the receiver knows it. */
function portOf({ port }: { readonly port: number }): string {
  return port === 0 ? 'a free port' : `port ${port}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
