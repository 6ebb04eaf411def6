/** Help, made from the table of commands and from nothing else. */
import { type Command, type CommandGroup, GLOBAL_OPTIONS, type Operand, type Option } from './command.ts';

const MAX_USAGE = 110;

/** All commands. */
export function overview(groups: readonly CommandGroup[]): string {
  const commands = groups.flatMap((group) => group.commands);
  const width = Math.max(...commands.map((command) => withOperands(command).length));
  const lines = ['Usage: geganti COMMAND [OPTIONS]'];
  for (const { title, commands: members } of groups) {
    lines.push('', title);
    for (const command of members) lines.push(`  ${withOperands(command).padEnd(width)}  ${command.summary}`);
  }
  lines.push('', 'Options of every command', ...list(GLOBAL_OPTIONS.map(optionRow)));
  lines.push(
    '',
    'geganti help COMMAND says more about one. Exit codes: 0 done, 1 not done or not well, 2 wrong usage.',
  );
  return lines.join('\n');
}

/** One command. */
export function commandHelp(command: Command): string {
  const usage = usageOf(command);
  const rows = [
    ...command.operands.map((each) => [each.name, each.summary] as const),
    ...command.options.map(optionRow),
  ];
  const lines = [`Usage: ${usage}`, '', `${command.summary}.`];
  if (rows.length > 0) lines.push('', ...list(rows));
  lines.push('', 'Options of every command', ...list(GLOBAL_OPTIONS.map(optionRow)));
  const { examples = [] } = command;
  if (examples.length > 0) lines.push('', 'For example', ...examples.map((line) => `  geganti ${line}`));
  return lines.join('\n');
}

/** Every option, unless they are too many for a line. */
function usageOf(command: Command): string {
  const { options } = command;
  const words = ['geganti', withOperands(command)];
  const usage = [...words, ...options.map(optionUsage)].join(' ');
  if (usage.length <= MAX_USAGE) return usage;
  return [...words, ...options.filter(({ required }) => required).map(optionUsage), '[OPTIONS]'].join(' ');
}

function withOperands({ name, operands }: Command): string {
  return [name, ...operands.map(operandUsage)].join(' ');
}

function operandUsage({ name, many }: Operand): string {
  return many ? `[${name} …]` : name;
}

function optionUsage(option: Option): string {
  const dashed = option.short ? `-${option.short}` : `--${option.name}`;
  const usage = option.value === null ? dashed : `${dashed} ${option.choices?.join('|') ?? option.value}`;
  return option.required ? usage : `[${usage}]`;
}

function optionRow({ name, short, value, summary, multiple, required }: Option): readonly [string, string] {
  const names = short ? `-${short}, --${name}` : `--${name}`;
  const notes = [required ? 'needed' : '', multiple ? 'may be repeated' : ''].filter((note) => note !== '');
  return [value === null ? names : `${names} ${value}`, [summary, ...notes].join('; ')];
}

function list(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`);
}
