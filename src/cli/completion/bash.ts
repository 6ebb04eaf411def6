/** Completion for bash, 4 or newer, with nothing else needed. */
import { type CompletedCommand, type CompletionModel, dashedNames, shellQuote as quote } from './model.ts';

export function bashCompletion({ next, commands, anywhere, valued, paths }: CompletionModel): string {
  const twoWords = commands.filter(({ name }) => name.includes(' '));
  const oneWord = commands.filter(({ name }) => !name.includes(' '));
  return `# Completion of geganti for bash: source <(geganti completion bash)
_geganti() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= word at
  local -a words=()
  COMPREPLY=()
  # "--stage=scan" comes as three words.
  if [[ $current == '=' ]]; then current=
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case $word in
      ${valued.join(' | ')})
        [[ \${COMP_WORDS[at + 1]-} == '=' ]] && ((at++))
        ((at++)) ;;
      -* | '=') ;;
      *) words+=("$word") ;;
    esac
  done
  case "\${words[0]-} \${words[1]-}" in
    ${twoWords.map(({ name }) => quote(name)).join(' | ')}) command="\${words[0]} \${words[1]}" ;;
    ${oneWord.map(({ name }) => `${quote(`${name} `)}*`).join(' | ')}) command=\${words[0]} ;;
  esac
  case "$command $previous" in
${commands.flatMap(choiceCases).join('\n')}
  esac
  case $previous in
    ${paths.join(' | ')})
      compopt -o filenames 2> /dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    ${valued.join(' | ')}) return ;;
  esac
  if [[ $current == -* ]]; then
    case $command in
${commands.map(({ name, options }) => `      ${quote(name)}) _geganti_reply "$current" ${options.flatMap(dashedNames).join(' ')} ;;`).join('\n')}
      *) _geganti_reply "$current" ${anywhere.flatMap(dashedNames).join(' ')} ;;
    esac
    return
  fi
  case "\${words[*]-}" in
${[...next].map(([after, words]) => `    ${quote(after)}) _geganti_reply "$current" ${words.map(({ text }) => text).join(' ')} ;;`).join('\n')}
  esac
}
_geganti_reply() {
  mapfile -t COMPREPLY < <(compgen -W "\${*:2}" -- "$1")
}
complete -F _geganti geganti`;
}

function choiceCases({ name, options }: CompletedCommand): string[] {
  return options
    .filter(({ value }) => value === 'choices')
    .map((option) => {
      const patterns = dashedNames(option).map((dashed) => quote(`${name} ${dashed}`));
      return `    ${patterns.join(' | ')}) _geganti_reply "$current" ${option.choices.join(' ')}; return ;;`;
    });
}
