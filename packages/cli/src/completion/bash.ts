import type { Words } from './completion.ts';

/** Finds the longest path of commands on the line, and offers what may follow; files where nothing fits. */
export function bashScript(words: readonly Words[]): string {
  const paths = words.map(({ path }) => `'${path}'`).join('|');
  const cases = words.map(
    ({ path, commands, options }) =>
      `    '${path}') words='${spaced(commands)}' options='${spaced(options)}' ;;`,
  );
  const values = words.flatMap(({ path, options }) =>
    options
      .filter(({ values }) => values.length > 0)
      .map(({ word, values }) => `    '${path} ${word}') words='${values.join(' ')}' ;;`),
  );
  return `_keyhold() {
  local path=keyhold words= options= i last=$((COMP_CWORD - 1))
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${paths}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path \${COMP_WORDS[last]}" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[COMP_CWORD]}" in -*) words="$options" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _keyhold keyhold
`;
}

const spaced = (words: Words['commands']): string => words.map(({ word }) => word).join(' ');
