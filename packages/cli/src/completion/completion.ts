import type { Command, Option } from 'commander';
import { PRODUCTS } from '../call/call.ts';
import { CALL_OPTIONS, flagsOf } from '../call/flags.ts';
import { bashScript } from './bash.ts';
import type { Shell } from './command.ts';
import { fishScript } from './fish.ts';

/** A word that may be typed, and where: `keyhold trail`, `verify`. */
export interface Words {
  /** The commands up to here, with spaces between. */
  readonly path: string;
  /** Or the values of its argument. */
  readonly commands: readonly Word[];
  readonly options: readonly OptionWord[];
}

export interface Word {
  readonly word: string;
  readonly about: string;
}

export interface OptionWord extends Word {
  /** Where it takes one of a few. */
  readonly values: readonly string[];
}

const SHELLS: Readonly<Record<Shell, (words: readonly Words[]) => string>> = {
  bash: bashScript,
  // zsh reads bash's once this is loaded.
  zsh: (words) => `#compdef keyhold\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`,
  fish: fishScript,
};

/** `keyhold completion bash`: a script for the shell to read, made from the commands and the contract. */
export function completionCommand(shell: Shell, keyhold: Command): void {
  process.stdout.write(SHELLS[shell]([...wordsOf(keyhold, 'keyhold'), ...operations()]));
}

function wordsOf(command: Command, path: string): Words[] {
  const commands = command.commands.map((each) => ({ word: each.name(), about: each.description() }));
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, about: description })),
  );
  const own = {
    path,
    commands: Object.hasOwn(PRODUCTS, command.name()) ? actionsOf(command.name()) : [...commands, ...values],
    options: optionWords(command.options),
  };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`))];
}

const optionWords = (options: readonly Option[]): OptionWord[] =>
  options
    .filter(({ hidden, long }) => !hidden && long)
    .map(({ long, description, argChoices = [] }) => ({
      word: long ?? '',
      about: description,
      values: argChoices,
    }));

const actionsOf = (name: string): Word[] =>
  [...PRODUCTS[name as keyof typeof PRODUCTS].operations.values()].map(({ action, summary }) => ({
    word: action,
    about: summary,
  }));

function operations(): Words[] {
  return Object.entries(PRODUCTS).flatMap(([name, product]) =>
    [...product.operations.values()].map((operation) => ({
      path: `keyhold ${name} ${operation.action}`,
      commands: [],
      options: optionWords([...flagsOf(operation).flatMap(({ options }) => options), ...CALL_OPTIONS]),
    })),
  );
}
