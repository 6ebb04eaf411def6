/** geganti up and serve: their places in the table and in the help. */
import type { CommandGroup } from '../command.ts';

/** What runs the server itself is not ours to do: the program's entry hands it in. Each resolves with the exit code. */
export interface ServerCommands {
  serve(): Promise<number>;
  up(): Promise<number>;
}

export function serverCommands({ serve, up }: ServerCommands): CommandGroup {
  const entry = (name: string, summary: string, run: () => Promise<number>) => {
    return { name, summary, operands: [], options: [], run };
  };
  return {
    title: 'Server',
    commands: [
      entry('up', 'Run everything on this machine: the server with Redis, clamd, rspamd and Dovecot', up),
      entry('serve', 'Run the server alone, with the services named in the settings', serve),
    ],
  };
}
