/** Completion for zsh: a function for its function path, or to be sourced once compinit has run. */
import {
  type CompletedCommand,
  type CompletedOption,
  type CompletionModel,
  dashedNames,
  shellQuote as quote,
} from './model.ts';

export function zshCompletion({ next, commands, anywhere, valued, paths }: CompletionModel): string {
  const twoWords = commands.filter(({ name }) => name.includes(' '));
  const oneWord = commands.filter(({ name }) => !name.includes(' '));
  return `#compdef geganti
# Completion of geganti for zsh.
_geganti() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]} command= word at
  local -a given options
  for ((at = 2; at < CURRENT; at++)); do
    word=\${words[at]}
    case $word in
      ${valued.map(quote).join(' | ')}) ((at++)) ;;
      -*) ;;
      *) given+=("$word") ;;
    esac
  done
  case "\${given[1]} \${given[2]}" in
    ${twoWords.map(({ name }) => quote(name)).join(' | ')}) command="\${given[1]} \${given[2]}" ;;
    ${oneWord.map(({ name }) => `${quote(`${name} `)}*`).join(' | ')}) command=\${given[1]} ;;
  esac
  # "--stage=scan" is one word here.
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*}
    compset -P '*='
  fi
  case "$command $previous" in
${commands.flatMap(choiceCases).join('\n')}
  esac
  case $previous in
    ${paths.map(quote).join(' | ')}) _files; return ;;
    ${valued.map(quote).join(' | ')}) return 1 ;;
  esac
  if [[ $current == -* ]]; then
    case $command in
${commands.map(({ name, options }) => `      ${quote(name)}) options=(${options.flatMap(described).join(' ')}) ;;`).join('\n')}
      *) options=(${anywhere.flatMap(described).join(' ')}) ;;
    esac
    _describe -o option options
    return
  fi
  case "\${given[*]}" in
${[...next].map(([after, words]) => `    ${quote(after)}) options=(${words.map(({ text, summary }) => entry(text, summary)).join(' ')}) ;;`).join('\n')}
    *) return 1 ;;
  esac
  _describe command options
}
if [[ \${funcstack[1]} == _geganti ]]; then _geganti "$@"; else compdef _geganti geganti; fi`;
}

function choiceCases({ name, options }: CompletedCommand): string[] {
  return options
    .filter(({ value }) => value === 'choices')
    .map((option) => {
      const patterns = dashedNames(option).map((dashed) => quote(`${name} ${dashed}`));
      return `    ${patterns.join(' | ')}) compadd -- ${option.choices.join(' ')}; return ;;`;
    });
}

function described(option: CompletedOption): string[] {
  return dashedNames(option).map((dashed) => entry(dashed, option.summary));
}

/** A word and what it does, for _describe; colons stand between the two. */
function entry(text: string, summary: string): string {
  return quote(`${text.replaceAll(':', '\\:')}:${summary}`);
}
