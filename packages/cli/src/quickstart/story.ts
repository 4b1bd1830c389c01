import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { shown } from '../data-dir.ts';
import { quoted } from './shell.ts';
import type { Teller } from './teller.ts';

const ALIAS = 'alias/Apollo/WorkKey';
const FILE = 'examples/sales.csv';

/** From a new key to a file encrypted under it and back. Throws StepFailed. */
export async function tellStory(teller: Teller, dataDir: string): Promise<void> {
  const directory = join(dataDir, 'quickstart');
  await mkdir(directory, { recursive: true });
  const encrypted = quoted(shown(join(directory, 'sales.csv.encrypted')));
  const decrypted = quoted(shown(join(directory, 'sales.csv.decrypted')));

  await haveKey(teller);

  teller.title('A file is encrypted under a new data key');
  await teller.run(
    `npx keyhold call GenerateDataKey --KeyId ${ALIAS} |\n    node examples/envelope.mjs encrypt ${FILE} ${encrypted}`,
  );

  teller.title('The service opens the data key, the data key opens the file');
  await teller.run(
    `node examples/envelope.mjs data-key ${encrypted} |\n    npx keyhold call Decrypt --CiphertextBlob-file - |\n` +
      `    node examples/envelope.mjs decrypt ${encrypted} ${decrypted}`,
  );
  await teller.run(`cmp ${FILE} ${decrypted} && echo "the same, byte for byte"`);

  teller.title('The trail has recorded every call');
  await teller.run('npx keyhold trail show --last 6');
  await teller.run('npx keyhold trail verify');
}

async function haveKey(teller: Teller): Promise<void> {
  const existing = `npx keyhold call DescribeKey --KeyId ${ALIAS}`;
  if ((await teller.quietly(existing)).exitCode === 0) {
    teller.title(`The key ${ALIAS} is there from an earlier run, and is used again`);
    await teller.run(existing);
    return;
  }
  teller.title('A key, and a name for it');
  const created = await teller.run("npx keyhold call CreateKey --Description 'quickstart'");
  const { KeyMetadata } = JSON.parse(created);
  await teller.run(`npx keyhold call CreateAlias --AliasName ${ALIAS} --KeyId ${KeyMetadata.KeyId}`);
}
