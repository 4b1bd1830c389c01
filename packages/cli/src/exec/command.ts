import { type Command, CommanderError } from 'commander';
import { repeated, withConnection, withReading } from '../envelope/flags.ts';
import { NOT_STARTED } from '../exit-codes.ts';

export function addExec(keyhold: Command): void {
  withReading(withConnection(keyhold.command('exec')))
    .description('run a program with decrypted values in its environment, and nowhere else')
    .argument('<program...>', 'after --')
    .requiredOption(
      '-e, --env-file <file>',
      'NAME=value lines, or such a file encrypted; repeat it',
      repeated,
    )
    .passThroughOptions()
    .exitOverride(({ exitCode, code, message }) => {
      throw new CommanderError(exitCode === 0 ? 0 : NOT_STARTED, code, message);
    })
    .addHelpText('after', EXEC_HELP)
    .action(async (words, options) => (await import('./exec.ts')).execCommand(words, options));
}

const EXEC_HELP = `
  NAME=text                  as it is
  NAME=kms:<CiphertextBlob>  from keyhold call Encrypt; with --context where it was encrypted with one;
                             kms:cn-shanghai:<CiphertextBlob> of a key in another region
  NAME=file:<path>           the content of an encrypted file, without the line feed at its end; the path
                             begins at the directory of the env file

The exit code is that of the program; 125: it was not started, 126: it cannot be run, 127: it is not there.
Signals are passed on. Values are in the environment of the program, never in arguments or files.`;
