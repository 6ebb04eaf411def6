/** geganti help: the table of commands, as text or JSON. */
import { nearest } from '../../lib/nearest.ts';
import { type Command, type CommandGroup, UsageError } from '../command.ts';
import { commandHelp, overview } from '../help.ts';

/** `groups` is the whole table, this command included. */
export function helpCommands(groups: () => readonly CommandGroup[]): CommandGroup {
  const help: Command = {
    name: 'help',
    summary: 'List the commands, or explain one',
    operands: [{ name: 'COMMAND', summary: 'command to explain', many: true }],
    options: [],
    async run(call, { terminal }) {
      const commands = groups().flatMap((group) => group.commands);
      const wanted = call.operands('COMMAND').join(' ');
      const found = commands.filter(({ name }) => name === wanted || name.startsWith(`${wanted} `));
      if (call.json) terminal.json({ commands: (wanted === '' ? commands : found).map(entry) });
      else if (wanted === '') terminal.text(overview(groups()));
      else if (found.length > 0) terminal.text(found.map(commandHelp).join('\n\n'));
      if (wanted === '' || found.length > 0) return 0;
      const near = nearest(
        wanted,
        commands.map((command) => command.name),
      );
      throw new UsageError(`there is no command "${wanted}"${near ? `; did you mean "${near}"?` : ''}`);
    },
  };
  return { title: 'Help', commands: [help] };
}

function entry({ name, summary, operands, options, examples = [] }: Command): object {
  return { name, summary, operands, options, examples };
}
