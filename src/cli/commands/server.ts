/** geganti up and serve: their places in the table and in the help. */
import { nearest } from '../../lib/nearest.ts';
import { ROLES, type Role } from '../../roles/role.ts';
import { type Command, type CommandGroup, UsageError } from '../command.ts';
import type { ServerCommands } from '../server-commands.ts';

export function serverCommands(server: ServerCommands): CommandGroup {
  const up: Command = {
    name: 'up',
    summary: 'Run everything on this machine: the server with Redis, clamd, rspamd and Dovecot',
    operands: [],
    options: [],
    run: (_, context) => server.up(context),
  };
  const serve: Command = {
    name: 'serve',
    summary: 'Run the server alone, with the services named in the settings',
    operands: [],
    options: [
      {
        name: 'roles',
        value: 'ROLES',
        summary: 'parts that this process plays, with commas between: receive, work, api (all)',
      },
    ],
    examples: ['serve --roles receive', 'serve --roles work,api'],
    run: (call, context) => server.serve({ roles: parseRoles(call.text('roles')) }, context),
  };
  return { title: 'Server', commands: [up, serve] };
}

/** In the order of `ROLES`, each once. */
function parseRoles(text: string | null): readonly Role[] {
  if (text === null) return ROLES;
  const given = text.split(',').map((word) => word.trim().toLowerCase());
  const isRole = (word: string): boolean => ROLES.some((role) => role === word);
  const wrong = given.find((word) => !isRole(word));
  if (wrong !== undefined) {
    const near = nearest(wrong, ROLES);
    const hint = near ? `; did you mean "${near}"?` : '';
    throw new UsageError(`--roles takes ${ROLES.join(', ')}, not "${wrong}"${hint}`);
  }
  return ROLES.filter((role) => given.includes(role));
}
