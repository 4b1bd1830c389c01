import type { Command } from 'commander';
import { PRODUCTS } from '../call/call.ts';
import { flagsOf } from '../call/flags.ts';
import { UsageError } from '../exit-codes.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';

/** A word that may be typed, and where: `keyhold trail`, `verify`. */
export interface Words {
  /** The commands up to here, with spaces between. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
}

export interface Word {
  readonly word: string;
  readonly about: string;
}

const SHELLS: Readonly<Record<string, (words: readonly Words[]) => string>> = {
  bash: bashScript,
  // zsh reads bash's once this is loaded.
  zsh: (words) => `#compdef keyhold\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`,
  fish: fishScript,
};

/** `keyhold completion bash`: a script for the shell to read, made from the commands and the contract. */
export function completionCommand(shell: string, keyhold: Command): void {
  const script = SHELLS[shell];
  if (!Object.hasOwn(SHELLS, shell) || !script) {
    throw new UsageError(`${Object.keys(SHELLS).join(', ')} is expected, not ${shell}`);
  }
  process.stdout.write(script([...wordsOf(keyhold, 'keyhold'), ...operations()]));
}

function wordsOf(command: Command, path: string): Words[] {
  const commands = command.commands.map((each) => ({ word: each.name(), about: each.description() }));
  const options = command.options
    .filter((option) => !option.hidden && option.long)
    .map((option) => ({ word: option.long ?? '', about: option.description }));
  const own = {
    path,
    commands: Object.hasOwn(PRODUCTS, command.name()) ? actionsOf(command.name()) : commands,
    options,
  };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`))];
}

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
      options: [...flagsOf(operation).flatMap(({ options }) => options)]
        .filter((option) => !option.hidden)
        .map((option) => ({ word: option.long ?? '', about: option.description })),
    })),
  );
}
