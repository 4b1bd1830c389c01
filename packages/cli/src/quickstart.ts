import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readConfig } from '@keyhold/server/config.ts';
import { callable, environmentFor } from './quickstart/environment.ts';
import { tellStory } from './quickstart/story.ts';
import { Teller } from './quickstart/teller.ts';
import { whatNext } from './quickstart/what-next.ts';
import { reportError } from './report-error.ts';
import { announcement, start } from './serve.ts';
import { stopSignal } from './stop-signal.ts';

const ELSEWHERE =
  '  try: stop the server that runs, or start a second one: ' +
  'KEYHOLD_DATA_DIR=/tmp/keyhold-quickstart KEYHOLD_LISTEN=127.0.0.1:8301 npm run quickstart\n';

try {
  await quickstart(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportError(error);
}

/** A server, a story told with real commands, and the server goes on; with `--once` it stops after the story. */
async function quickstart(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { once: { type: 'boolean', default: false } } });
  process.chdir(fileURLToPath(new URL('../../..', import.meta.url))); // the commands name files of the checkout
  const config = readConfig({ ...process.env, KEYHOLD_LOG_LEVEL: process.env.KEYHOLD_LOG_LEVEL || 'warn' });
  let stopping = false;
  const stopped = stopSignal().then(() => {
    stopping = true;
  });
  const server = await start(config).catch((error: unknown) => {
    const exitCode = reportError(error);
    if (/in use|EADDRINUSE/.test(String(error))) process.stderr.write(ELSEWHERE);
    process.exit(exitCode);
  });
  try {
    const endpoint = callable(server.url);
    const { variables, commands } = environmentFor(config, endpoint);
    const teller = new Teller(variables);
    teller.say(announcement(config, server).trimEnd());
    for (const command of commands) teller.say(`$ ${command}`);
    await tellStory(teller, config.dataDir);
    if (values.once) return;
    teller.say(whatNext(config, endpoint, commands));
    await stopped;
  } catch (error) {
    if (!stopping) throw error; // Control-C ends the command that runs, too
  } finally {
    await server.close();
    process.stdout.write('Keyhold has stopped\n');
  }
}
