import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Splitting } from '@keyhold/server/root/shares/recovery-key.ts';
import { digitsRead, readShare, SHARE_DIGITS, type Share } from '@keyhold/server/root/shares/share.ts';
import { StartError } from '@keyhold/server/start-error.ts';

/**
 * As many shares from stdin as are needed, each in as many lines as it takes; an empty line ends one. At a terminal nothing is shown of them,
 * and one that was mistyped is asked for again.
 */
export async function askForShares({ set, threshold }: Splitting): Promise<readonly Share[]> {
  const terminal = process.stdin.isTTY === true;
  const say = (text: string) => terminal && process.stderr.write(text);
  const nowhere = new Writable({ write: (_, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal, historySize: 0 });
  lines.on('SIGINT', () => process.exit(130)); // readline holds the terminal; its end gives it back
  const shares: Share[] = [];
  const ask = () => say(`Share ${shares.length + 1} of ${threshold}, set ${set} (not shown): `);
  try {
    let text = '';
    ask();
    for await (const line of lines) {
      text += `${line}\n`;
      const digits = digitsRead(text);
      if (digits === 0 || (digits < SHARE_DIGITS && line.trim() !== '')) continue;
      try {
        shares.push(readShare(text, terminal ? 'this' : `share ${shares.length + 1}`));
        say('\n');
      } catch (error) {
        if (!terminal || !(error instanceof StartError)) throw error;
        say(`\n${error.message}; once more\n`);
      }
      text = '';
      if (shares.length === threshold) return shares;
      ask();
    }
  } finally {
    lines.close();
  }
  throw new StartError(`${shares.length} shares were given; ${threshold} of set ${set} are needed`);
}
