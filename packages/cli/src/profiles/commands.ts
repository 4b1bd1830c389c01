import type { Command } from 'commander';
import { repeated } from '../envelope/flags.ts';

export function addConfigure(keyhold: Command): void {
  const configure = keyhold
    .command('configure')
    .description('profiles: endpoint, CA, region, access key and keys, in ~/.keyhold/config.json')
    .option('--profile <name>', 'default: the current one')
    .action(async (options) => (await import('./configure.ts')).configureCommand(options));
  configure
    .command('set')
    .description('set some values of a profile without questions; an empty value removes one')
    .option('--profile <name>', 'default: the current one')
    .option('--endpoint <url>', 'of the server')
    .option('--ca-file <file>', "certificates in PEM that the server's is signed by")
    .option('--region <id>', 'of the keys')
    .option('--mode <mode>', 'AK, StsToken or RamRoleArn')
    .option('--access-key-id <id>')
    .option('--access-key-secret-file <file>', 'holds the secret; - is stdin')
    .option('--sts-token-file <file>', 'of mode StsToken; - is stdin')
    .option('--ram-role-arn <arn>', 'of mode RamRoleArn')
    .option('--role-session-name <name>', 'of mode RamRoleArn')
    .option('--key <key>', 'what encrypt and decrypt use where nothing else is said; repeat it', repeated)
    .action(async (_, command: Command) =>
      (await import('./configure.ts')).configureSetCommand(command.optsWithGlobals()),
    );
  configure
    .command('list')
    .description('the profiles, without their secrets')
    .option('--json', 'as JSON')
    .action(async (options) => (await import('./configure.ts')).configureListCommand(options));
  configure
    .command('use')
    .description('make a profile the current one')
    .argument('<name>')
    .action(async (name) => (await import('./configure.ts')).configureUseCommand(name));
  configure
    .command('delete')
    .description('delete a profile')
    .argument('<name>')
    .action(async (name) => (await import('./configure.ts')).configureDeleteCommand(name));
}
