import { Argument, type Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function addCompletion(keyhold: Command): void {
  keyhold
    .command('completion')
    .description('print a script that completes words in your shell')
    .addArgument(new Argument('<shell>', 'the one you use').choices(SHELLS))
    .addHelpText('after', COMPLETION_HELP)
    .action(async (shell) => (await import('./completion.ts')).completionCommand(shell, keyhold));
}

const COMPLETION_HELP = `
  bash  source <(keyhold completion bash)
  zsh   source <(keyhold completion zsh)
  fish  keyhold completion fish | source`;
