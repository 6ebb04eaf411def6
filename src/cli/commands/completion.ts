/** geganti completion: the script that lets a shell complete commands, options and their choices. */
import type { Command, CommandGroup } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { type CompletionModel, completionModel } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';

const SHELLS: Readonly<Record<string, (model: CompletionModel) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `groups` is the whole table, this command included. */
export function completionCommands(groups: () => readonly CommandGroup[]): CommandGroup {
  const names = Object.keys(SHELLS);
  const completion: Command = {
    name: 'completion',
    summary: 'Print the script with which a shell completes geganti commands',
    operands: [{ name: 'SHELL', summary: names.join(', '), choices: names }],
    options: [],
    examples: [
      'completion bash > /etc/bash_completion.d/geganti',
      'completion zsh > /usr/local/share/zsh/site-functions/_geganti',
      'completion fish > ~/.config/fish/completions/geganti.fish',
    ],
    async run(call, { terminal }) {
      const shell = call.operand('SHELL');
      const script = SHELLS[shell]?.(completionModel(groups())) ?? '';
      if (call.json) terminal.json({ shell, script });
      else terminal.text(script);
      return 0;
    },
  };
  return { title: 'Shell', commands: [completion] };
}
