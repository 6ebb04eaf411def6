/** The geganti command as an operator types it, in a process of its own, against a running server. */
import { type Ended, geganti, type Launched, launch } from './launcher.ts';
import type { Running } from './running.ts';

export interface Command {
  /** To its end. */
  run(...args: string[]): Promise<Ended>;
  /** What it says when it does what it should; throws with its complaint otherwise. */
  say(...args: string[]): Promise<string>;
  /** The same with --json, read. */
  json<Answer>(...args: string[]): Promise<Answer>;
  /** One that goes on until it is stopped. */
  start(...args: string[]): Launched;
}

export function commandFor({ data }: Pick<Running, 'data'>): Command {
  const env = { GEGANTI_DATA: data };
  const run = (...args: string[]): Promise<Ended> => geganti(args, env);
  const say = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await run(...args);
    if (code !== 0) throw new Error(`geganti ${args.join(' ')}: ${code}: ${err}`);
    return out;
  };
  return {
    run,
    say,
    json: async (...args) => JSON.parse(await say(...args, '--json')),
    start: (...args) => launch({ args, env }),
  };
}
