/** The table of all commands: what can be said to geganti, and where its help comes from. */
import type { CommandGroup } from './command.ts';
import { agencyCommands } from './commands/agency.ts';
import { helpCommands } from './commands/help.ts';
import { logCommands } from './commands/log.ts';
import { quarantineCommands } from './commands/quarantine.ts';
import { queueCommands } from './commands/queue.ts';
import { type ServerCommands, serverCommands } from './commands/server.ts';
import { statusCommands } from './commands/status.ts';
import { userCommands } from './commands/user.ts';

export function commandTable(server: ServerCommands): readonly CommandGroup[] {
  const groups: CommandGroup[] = [
    serverCommands(server),
    statusCommands,
    agencyCommands,
    userCommands,
    logCommands,
    queueCommands,
    quarantineCommands,
    helpCommands(() => groups),
  ];
  return groups;
}
