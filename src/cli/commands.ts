/** The table of all commands: what can be said to geganti, and where its help and its completion come from. */
import type { CommandGroup } from './command.ts';
import { agencyCommands } from './commands/agency.ts';
import { backupCommands } from './commands/backup.ts';
import { completionCommands } from './commands/completion.ts';
import { configCommands } from './commands/config.ts';
import { helpCommands } from './commands/help.ts';
import { logCommands } from './commands/log.ts';
import { policyCommands } from './commands/policy.ts';
import { quarantineCommands } from './commands/quarantine.ts';
import { queueCommands } from './commands/queue.ts';
import { serverCommands } from './commands/server.ts';
import { statusCommands } from './commands/status.ts';
import { tokenCommands } from './commands/token.ts';
import { userCommands } from './commands/user.ts';
import type { ServerCommands } from './server-commands.ts';

export function commandTable(server: ServerCommands): readonly CommandGroup[] {
  const groups: CommandGroup[] = [
    serverCommands(server),
    configCommands(server),
    backupCommands(server),
    statusCommands,
    logCommands,
    queueCommands,
    quarantineCommands,
    policyCommands,
    agencyCommands,
    userCommands,
    tokenCommands,
    completionCommands(() => groups),
    helpCommands(() => groups),
  ];
  return groups;
}
