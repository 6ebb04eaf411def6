/** Completion for fish. */
import type { CompletedCommand, CompletedOption, CompletionModel } from './model.ts';

export function fishCompletion({ next, commands, valued }: CompletionModel): string {
  return `# Completion of geganti for fish.
function __geganti_words
    set -l words
    set -l skip no
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case ${valued.join(' ')}
                set skip yes
            case '-*'
            case '*'
                set -a words $word
        end
    end
    string join ' ' -- $words
end
function __geganti_after
    set -l words (__geganti_words)
    test "$words" = "$argv[1]"
end
function __geganti_in
    set -l words (__geganti_words)
    for name in $argv[2..-1]
        string match -q -- "$name*" "$words"; and return 1
    end
    test "$words" = "$argv[1]"; or string match -q -- "$argv[1] *" "$words"
end
complete -c geganti -f
${[...next].flatMap(([after, words]) => words.map(({ text, summary }) => complete(`__geganti_after ${quote(after)}`, `-a ${quote(text)}`, summary))).join('\n')}
${commands.flatMap((command) => command.options.map((option) => completeOption(command, option))).join('\n')}`;
}

function completeOption({ name, longer }: CompletedCommand, option: CompletedOption): string {
  const where = `__geganti_in ${[name, ...longer].map(quote).join(' ')}`;
  const short = option.short === null ? '' : ` -s ${option.short}`;
  return complete(where, `-l ${option.name}${short}${valuePart(option)}`, option.summary);
}

function valuePart({ value, choices }: CompletedOption): string {
  switch (value) {
    case 'none':
      return '';
    case 'path':
      return ' -r -F';
    case 'choices':
      return ` -x -a ${quote(choices.join(' '))}`;
    case 'text':
      return ' -x';
  }
}

function complete(condition: string, what: string, summary: string): string {
  return `complete -c geganti -n ${quote(condition)} ${what} -d ${quote(summary)}`;
}

/** Conditions are quoted within quotes. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
