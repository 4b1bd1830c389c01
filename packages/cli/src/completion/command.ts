import type { Command } from 'commander';

export function addCompletion(keyhold: Command): void {
  keyhold
    .command('completion')
    .description('print a script that completes words in your shell')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', COMPLETION_HELP)
    .action(async (shell) => (await import('./completion.ts')).completionCommand(shell, keyhold));
}

const COMPLETION_HELP = `
  bash  source <(keyhold completion bash)
  zsh   source <(keyhold completion zsh)
  fish  keyhold completion fish | source`;
