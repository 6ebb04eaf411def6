/** geganti config: whether the settings are right, and where each value comes from. */
import type { ShownSetting } from '../../config/show.ts';
import type { Command, CommandGroup } from '../command.ts';
import type { Part } from '../parts.ts';
import type { ServerCommands } from '../server-commands.ts';
import { rigid } from '../table.ts';

const COLUMNS = [rigid('KEY'), 'VALUE', 'FROM', { name: 'A CHANGE COUNTS', spare: true }];

export function configCommands(server: Pick<ServerCommands, 'configCheck' | 'configShow'>): CommandGroup {
  const check: Command = {
    name: 'config check',
    summary: 'Check the settings without starting anything; exit code 1 when something is wrong',
    operands: [],
    options: [],
    examples: ['config check --config /etc/geganti/new.yaml'],
    async run(call, { terminal }) {
      const checked = server.configCheck();
      const { file, problems } = checked;
      if (call.json) terminal.json(checked);
      else if (problems.length > 0) terminal.complain(problems.join('\n'));
      else terminal.line(`${file ?? 'No file'}: `, { text: 'the settings are right', style: 'good' });
      return problems.length === 0 ? 0 : 1;
    },
  };
  const show: Command = {
    name: 'config show',
    summary: 'Show every setting in effect, and where its value comes from',
    operands: [],
    options: [{ name: 'changed', value: null, summary: 'only those that are not the default' }],
    async run(call, { terminal }) {
      const all = server.configShow();
      const settings = call.flag('changed') ? all.filter(({ changed }) => changed) : all;
      if (call.json) terminal.json({ settings });
      else if (settings.length === 0) terminal.note('every setting has its default value');
      else terminal.table(COLUMNS, settings.map(row));
      return 0;
    },
  };
  return { title: 'Settings', commands: [check, show] };
}

function row({ key, value, from, changed, reload }: ShownSetting): Part[] {
  const shown = value ?? '-';
  return [
    key,
    changed ? { text: shown, style: 'strong' } : shown,
    { text: from, style: 'faint' },
    { text: reload ? 'by reload' : 'at the next start', style: 'faint' },
  ];
}
