import type { Words } from './completion.ts';

/** Finds the longest path of commands on the line, and offers what may follow; files where nothing fits. */
export function bashScript(words: readonly Words[]): string {
  const paths = words.map(({ path }) => `'${path}'`).join('|');
  const cases = words.map(({ path, commands, options }) => {
    const all = [...commands, ...options].map(({ word }) => word).join(' ');
    return `    '${path}') words='${all}' ;;`;
  });
  return `_keyhold() {
  local path=keyhold words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${paths}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _keyhold keyhold
`;
}
