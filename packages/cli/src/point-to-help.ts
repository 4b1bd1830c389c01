import type { Command } from 'commander';

/** Commander says what is wrong with a line; this adds where to read what would be right. */
export function pointToHelp(command: Command, path = command.name()): void {
  command.showHelpAfterError(`see ${path} --help`);
  for (const each of command.commands) pointToHelp(each, `${path} ${each.name()}`);
}
