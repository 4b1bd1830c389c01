import type { Words } from './completion.ts';

/** A line per word, each with the condition that the commands before it stand on the line. */
export function fishScript(words: readonly Words[]): string {
  const lines = words.flatMap(({ path, commands, options }) => {
    const [, ...typed] = path.split(' ');
    const seen = typed.map((word) => `__fish_seen_subcommand_from ${word}`);
    const among = commands.map(({ word }) => word).join(' ');
    const here = among === '' ? seen : [...seen, `not __fish_seen_subcommand_from ${among}`];
    const condition = (parts: readonly string[]) =>
      parts.length === 0 ? '' : ` -n ${quoted(parts.join('; and '))}`;
    return [
      ...commands.map(
        ({ word, about }) => `complete -c keyhold -f${condition(here)} -a ${word} -d ${quoted(about)}`,
      ),
      ...options.map(({ word, about, values }) => {
        const among = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : '';
        return `complete -c keyhold${condition(here)} -l ${word.slice(2)}${among} -d ${quoted(about)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
