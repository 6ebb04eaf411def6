/** Runs a program of Debian's to its end: PostgreSQL's dump and restore, Dovecot's doveadm, sync. */
import { spawn } from 'node:child_process';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Debian's package that has it, for the cure. */
  readonly from: string;
}

/** What it wrote to its standard output. Throws a Problem with its own last words when it failed. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { env, signal, from } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...env, LC_ALL: 'C.UTF-8' },
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-4000);
    });
    child.once('error', (error) => reject(problemOf(command, from, error)));
    child.once('close', (code) => {
      if (code === 0) return resolve(out);
      const words = err.trim().split('\n').at(-1) ?? '';
      reject(new Problem(`${command}: failed${words === '' ? ` (${code})` : `: ${words}`}`));
    });
  });
}

function problemOf(command: string, from: string, error: Error): Problem {
  if (errorCode(error) === 'ENOENT') {
    return new Problem(`${command}: is not installed; run: apt-get install ${from}`);
  }
  if (error.name === 'AbortError') return new Problem(`${command}: interrupted`);
  return new Problem(`${command}: cannot be run: ${messageOf(error)}`);
}
