import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, startTestServer } from '../test/server.ts';
import { machine } from './machine.ts';
import { table } from './table.ts';

const HELP = `node bench/cli-files.ts [options]

keyhold encrypt and decrypt as commands, start included: many small files, and a hole through a pipe, with the memory
they took at most. Needs GNU time. A pipe of 100 GiB: --mib 102400.

  --files <n>  small files, of 1 to 4 KB (10000)
  --mib <n>    size of the hole (2048)
  --data <dir> where the files are (a new directory below the system's temporary one)`;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    mib: { type: 'string', default: '2048' },
    data: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit();
}
const files = Number(values.files);
const bytes = Number(values.mib) * 2 ** 20;
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'keyhold-cli-files-'));
const at = (name: string): string => join(directory, name);
const KEYHOLD = new URL('../packages/cli/bin/keyhold.js', import.meta.url).pathname;
const ALIAS = 'alias/bench';

await using server = await startTestServer();
const { KeyId, Arn } = (await server.call('CreateKey')).body.KeyMetadata;
await server.call('CreateAlias', { KeyId, AliasName: ALIAS });

/** A line of the shell in which `keyhold` is measured; seconds and MiB. */
async function measured(line: string): Promise<{ readonly seconds: number; readonly mib: number }> {
  const script = `keyhold() { /usr/bin/time -f '%M' -o "${at('peak')}" "${process.execPath}" "${KEYHOLD}" "$@"; }\n${line}`;
  const start = performance.now();
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      KEYHOLD_ENDPOINT: server.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
    },
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${line} ended with ${code}`);
  const mib = Number(readFileSync(at('peak'), 'utf8').trim().split('\n').at(-1)) / 1024;
  return { seconds: (performance.now() - start) / 1000, mib };
}

try {
  mkdirSync(at('in'), { recursive: true });
  for (let i = 0; i < files; i++) writeFileSync(at(`in/${i}`), Buffer.alloc(1024 + ((i * 7) % 3072), i));
  truncateSync(writeAt('hole'), bytes);
  const perSecond = ({ seconds }: { seconds: number }): string => `${Math.round(files / seconds)} files/s`;
  const rate = ({ seconds }: { seconds: number }): string => `${Math.round(bytes / 2 ** 20 / seconds)} MiB/s`;
  const rows: string[][] = [];
  const add = async (line: string, speed: (result: { seconds: number }) => string): Promise<void> => {
    const result = await measured(line);
    rows.push([line, result.seconds.toFixed(1), speed(result), result.mib.toFixed(0)]);
  };
  await add(`keyhold encrypt in -o sealed --key ${ALIAS}`, perSecond);
  await add(`keyhold decrypt sealed -o opened --allow ${Arn}`, perSecond);
  if (readdirSync(at('opened')).length !== files) throw new Error('files are missing');
  await add(`cat hole | keyhold encrypt - -o hole.kenv --key ${ALIAS}`, rate);
  await add(`cat hole.kenv | keyhold decrypt - -o - --allow ${Arn} | cmp - hole`, rate);
  await add(`keyhold encrypt hole -o hole2.kenv --key ${ALIAS}`, rate);
  if (statSync(at('hole.kenv')).size <= bytes) throw new Error('the envelope is too short');
  process.stdout.write(`${table(['command', 'seconds', 'rate', 'peak MiB'], rows)}\n`);
  process.stdout.write(`\n${JSON.stringify(machine(directory))}\n`);
} finally {
  if (!values.data) rmSync(directory, { recursive: true, force: true });
}

function writeAt(name: string): string {
  writeFileSync(at(name), '');
  return at(name);
}
