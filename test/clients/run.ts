/**
 * Runs the vendor's own clients, unmodified, against a real server: every client over http and over TLS with a
 * private CA. Writes docs/compatibility.md when all clients ran.
 *
 *   npm run test:clients -- [--allow-missing] [--only <part of a client's name>] [--verbose]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { STS } from '@keyhold/api/sts/product.ts';
import { installInterchange, runInterchange } from '../interchange/install.ts';
import { CLIENTS, type Client, type Runtime } from './clients.ts';
import { install, ROOT, whyMissing } from './install.ts';
import { type Result, SERVED, summary, WRONG_SECRET, writeCompatibility } from './report.ts';
import { type Answer, startRig } from './rig.ts';
import { type Authority, makeAuthority, type Scheme, type Server, startServer } from './server.ts';
import { CHAPTERS, STORY } from './story/chapters.ts';
import { NotOffered, Scene } from './story/scene.ts';

const { values: options } = parseArgs({
  options: {
    'allow-missing': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  },
});

/** The runtimes that can be used, with every client installed. */
async function prepare(wanted: readonly Runtime[]): Promise<Map<Runtime, string | undefined>> {
  const why = await Promise.all(
    wanted.map(async (runtime) => {
      const missing = await whyMissing(runtime);
      if (missing === undefined && (await install(runtime))) console.log(`installed the ${runtime} clients`);
      return [runtime, missing] as const;
    }),
  );
  return new Map(why);
}

async function tell(client: Client, server: Server, file: Buffer): Promise<Result[]> {
  const results: Result[] = [];
  const record = (step: string, outcome: Result['outcome'], detail = '') => {
    const result = { client: client.id, scheme: server.scheme, step, outcome, detail };
    results.push(result);
    if (options.verbose) console.log(JSON.stringify(result));
  };
  {
    await using rig = startRig(client, server, server.accessKeySecret);
    const pem = readFileSync(server.authority.certificate, 'utf8');
    const offered = new Set<string>();
    for (const chapter of client.chapters) {
      const name = client.id.replaceAll('_', '-');
      const scene = new Scene({ rig, server, name, offered, file, pem });
      for (const { title, run } of CHAPTERS[chapter].steps) {
        try {
          await run(scene);
          record(title, 'ok');
        } catch (error) {
          const lacks = error instanceof NotOffered && client.lacks.includes(error.operation);
          record(
            title,
            lacks ? 'not offered' : 'failed',
            error instanceof Error ? error.message : String(error),
          );
        }
      }
    }
    const surplus = client.lacks.filter((name) => offered.has(name));
    if (surplus.length > 0) throw new Error(`${client.id} does have ${surplus.join(', ')}`);
  }
  await using rig = startRig(client, server, `${server.accessKeySecret} but wrong`);
  const asked = client.chapters.includes('keys')
    ? rig.call('DescribeRegions', {})
    : rig.call('GetCallerIdentity', {}, STS);
  const { error } = await asked.catch(
    (failure: Error): Answer => ({ error: { code: 'no answer', message: failure.message } }),
  );
  const { code, message } = client.wrongSecret;
  const right = error?.code === code && (message?.test(error.message ?? '') ?? true);
  record(WRONG_SECRET, right ? 'ok' : 'failed', right ? '' : JSON.stringify(error ?? 'no error'));
  return results;
}

async function runScheme(scheme: Scheme, authority: Authority, data: string, clients: readonly Client[]) {
  await using server = await startServer(scheme, authority, data);
  const file = readFileSync(join(ROOT, 'examples/sales.csv'));
  const results: Result[] = [];
  for (const client of clients.filter((one) => one.schemes.includes(scheme))) {
    results.push(...(await tell(client, server, file)));
  }
  if (results.some((result) => result.outcome === 'failed')) console.log(server.log());
  return results;
}

const untold = SERVED.filter((name) => !STORY.some((step) => step.operations.includes(name)));
if (untold.length > 0) throw new Error(`the story leaves out ${untold.join(', ')}`);

const chosen = CLIENTS.filter((client) => client.id.includes(options.only));
const interchange = 'interchange'.includes(options.only);
if (chosen.length === 0 && !interchange) throw new Error(`no client is called ${options.only}`);
const missing = await prepare([...new Set(chosen.map((client) => client.runtime))]);
const able = chosen.filter((client) => missing.get(client.runtime) === undefined);

const work = mkdtempSync(join(tmpdir(), 'keyhold-clients-'));
try {
  const authority = makeAuthority(
    work,
    able.some((client) => client.runtime === 'java'),
  );
  const results: Result[] = [];
  for (const scheme of ['http', 'https'] as const) {
    const data = join(work, `data-${scheme}`);
    mkdirSync(data);
    results.push(...(await runScheme(scheme, authority, data, able)));
  }
  console.log(summary(able, results));
  if (able.length === CLIENTS.length) writeCompatibility(results);
  const failed = results.some((result) => result.outcome === 'failed');
  for (const client of chosen.filter((one) => !able.includes(one))) {
    console.log(`NOT RUN: ${client.id}: ${missing.get(client.runtime)}`);
  }
  if (failed || (able.length < chosen.length && !options['allow-missing'])) process.exitCode = 1;
  // The vendor's formats for encrypted files, with the vendor's Python programs.
  if (interchange) {
    const why = await whyMissing('python');
    if (why === undefined) installInterchange();
    else console.log(`NOT RUN: interchange: ${why}`);
    if (why === undefined ? !runInterchange() : !options['allow-missing']) process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
