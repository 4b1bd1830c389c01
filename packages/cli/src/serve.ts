import { existsSync } from 'node:fs';
import { type Config, readConfig } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { type RunningServer, startServer } from '@keyhold/server/main.ts';
import { pino } from 'pino';
import { shown } from './data-dir.ts';
import { stopSignal } from './stop-signal.ts';

/** Serves with the settings of the environment until SIGINT or SIGTERM. */
export async function serveUntilSignal(): Promise<void> {
  const config = readConfig(process.env);
  for (const name of config.unknown) {
    process.stderr.write(`warning: ${name} is no setting of Keyhold; docs/settings.md lists them\n`);
  }
  const stopped = stopSignal(); // from now on: a signal during the start stops the server once it is complete
  const server = await start(config);
  try {
    process.stdout.write(announcement(config, server));
    await Promise.race([stopped, server.ready.then(() => stopped)]);
  } finally {
    await server.close();
  }
  process.stdout.write('Keyhold has stopped\n');
}

/** A server whose log goes to stderr. */
export const start = (config: Config): Promise<RunningServer> =>
  startServer(config, pino({ level: config.logLevel }, pino.destination(2)));

export function announcement(config: Config, { url, firstAccount, waits }: RunningServer): string {
  const pairFile = dataPaths(config.dataDir).rootAccessKey;
  const lines = [
    `Keyhold listens on ${url}`,
    `  data directory   ${shown(config.dataDir)}`,
    `  regions          ${config.regions.join(', ')}`,
    `  root access key  ${existsSync(pairFile) ? shown(pairFile) : 'not in the data directory; settings for it count at the first start only'}`,
  ];
  if (waits) lines.push('Every call is refused until the root key can be had: see the log');
  // A terminal forgets; what stdout is redirected to is often a log that many read.
  if (firstAccount && !config.rootAccessKey && process.stdout.isTTY) {
    lines.push(
      `First start: account ${firstAccount.AccountId}; its root access key, shown this once:`,
      `  AccessKeyId      ${firstAccount.AccessKeyId}`,
      `  AccessKeySecret  ${firstAccount.AccessKeySecret}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
