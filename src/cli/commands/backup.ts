/** geganti backup and restore: their places in the table and in the help. */
import { formatSize } from '../../lib/units.ts';
import type { Command, CommandGroup } from '../command.ts';
import { counted } from '../counted.ts';
import type { ServerCommands } from '../server-commands.ts';

export function backupCommands(server: Pick<ServerCommands, 'backup' | 'restore'>): CommandGroup {
  const backup: Command = {
    name: 'backup',
    summary: 'Copy databases, keys, settings, spool and quarantine into a folder, while the server runs',
    operands: [],
    options: [
      {
        name: 'to',
        value: 'FOLDER',
        summary: 'folder for the copy; made when it is not there',
        required: true,
      },
      { name: 'mailboxes', value: null, summary: 'what is in the mailboxes, too, by Dovecot while it runs' },
    ],
    examples: ['backup --to /srv/backup/geganti-2026-11-24 --mailboxes'],
    async run(call, context) {
      const wanted = { to: call.text('to') ?? '', mailboxes: call.flag('mailboxes') };
      const made = await server.backup(wanted, context);
      const { folder, files, bytes, mailboxes } = made;
      const boxes = mailboxes === null ? 'without the mailboxes' : counted(mailboxes, 'mailbox', 'mailboxes');
      if (call.json) context.terminal.json(made);
      else context.terminal.line(`${folder}: ${counted(files, 'file')}, ${formatSize(bytes)}, ${boxes}`);
      return 0;
    },
  };
  const restore: Command = {
    name: 'restore',
    summary: 'Bring back what a backup holds, into an empty data folder, while the server is stopped',
    operands: [],
    options: [{ name: 'from', value: 'FOLDER', summary: 'folder of the backup', required: true }],
    examples: ['restore --from /srv/backup/geganti-2026-11-24'],
    async run(call, context) {
      const back = await server.restore({ from: call.text('from') ?? '' }, context);
      const { files, mailboxes, startedAt } = back;
      const boxes = mailboxes === null ? 'no mailboxes' : counted(mailboxes, 'mailbox', 'mailboxes');
      if (call.json) context.terminal.json(back);
      else
        context.terminal.line(
          `Back as of ${context.times.format(startedAt)}: ${counted(files, 'file')}, ${boxes}. The server can be started.`,
        );
      return 0;
    },
  };
  return { title: 'Backup', commands: [backup, restore] };
}
