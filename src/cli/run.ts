/**
 * The geganti command: from its words to an exit code. 0: done. 1: not done, or something is not well; one line on
 * standard error, with --json as JSON. 2: wrong usage. 130: interrupted while it waited for the server. Bugs are thrown.
 */
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import { Problem } from '../lib/problem.ts';
import { createApiClient } from './api-client.ts';
import { type Context, UsageError } from './command.ts';
import { commandTable } from './commands.ts';
import { commandHelp, overview } from './help.ts';
import { parseCommandLine, wantsJson } from './parse.ts';
import { startProgress } from './progress.ts';
import type { ServerCommands } from './server-commands.ts';
import { createTerminal, type Terminal, wantsColour } from './terminal.ts';
import { createTimes } from './times.ts';

export interface CliDeps {
  /** Where the API listens, and the time zone of what is shown; read only by commands that need them. */
  readonly endpoint: Endpoint;
  readonly timezone: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Whether stderr is one; absent: as the stream itself says. */
  readonly stderrIsTerminal?: boolean;
  /** Of the terminal; absent: as stdout itself says. */
  readonly columns?: number;
  /** For NO_COLOR, FORCE_COLOR and TERM. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly commands: ServerCommands;
  /** Ends what would go on for ever, such as `log -f`. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** 128 and the number of SIGINT, as shells have it. */
const INTERRUPTED = 130;

export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  const { stdout, clock = systemClock } = deps;
  const terminal = openTerminal(argv, deps);
  const unread = new AbortController();
  // A reader that has left (`geganti log -f | head`) is no fault.
  stdout.on('error', () => unread.abort());
  const signal = deps.signal ? AbortSignal.any([deps.signal, unread.signal]) : unread.signal;
  const context: Context = {
    api: createApiClient(() => deps.endpoint, signal),
    terminal,
    times: createTimes(() => deps.timezone, clock),
    clock,
    progress: (what) => startProgress({ ...stderrOf(deps), clock }, what),
    signal,
  };
  try {
    return await run(argv, deps, context);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof UsageError)) throw error;
    if (deps.signal?.aborted) return INTERRUPTED;
    if (unread.signal.aborted) return 0;
    terminal.complain(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
}

function openTerminal(argv: readonly string[], deps: CliDeps): Terminal {
  const { stdout, stderr, isTerminal, env } = deps;
  const said = 'columns' in stdout && typeof stdout.columns === 'number' ? stdout.columns : null;
  return createTerminal({
    stdout,
    stderr,
    isTerminal,
    colour: wantsColour(env, isTerminal),
    columns: deps.columns ?? said,
    json: wantsJson(argv),
  });
}

function stderrOf({ stderr, stderrIsTerminal }: CliDeps) {
  return { stderr, isTerminal: stderrIsTerminal ?? ('isTTY' in stderr && stderr.isTTY === true) };
}

async function run(argv: readonly string[], deps: CliDeps, context: Context): Promise<number> {
  const groups = commandTable(deps.commands);
  const { command, wantsHelp, call } = parseCommandLine(
    argv,
    groups.flatMap((group) => group.commands),
  );
  if (command && !wantsHelp) return command.run(call, context);
  context.terminal.text(command ? commandHelp(command) : overview(groups));
  return 0;
}
