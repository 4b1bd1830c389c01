import assert from 'node:assert/strict';
import { execFile as execFileWithCallback } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildPackages } from '../packages/build.ts';
import { ROOT, startTestServer } from './server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const execFile = promisify(execFileWithCallback);
const root = fileURLToPath(new URL('..', import.meta.url));

/** In the order of their dependencies. */
const PUBLISHED = ['api', 'client', 'cli'] as const;
/** Modules to be loaded; a program has none to offer. */
const LIBRARIES = ['api', 'client'] as const;

const directory = await temporaryDirectory();
after(() => directory[Symbol.asyncDispose]());
const project = join(directory.path, 'project');

/** That of a user: the Node of the system, and nothing of this repository. */
const PATH = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
const run = (command: string, args: readonly string[], environment: Record<string, string> = {}) =>
  execFile(command, args, {
    cwd: project,
    env: { HOME: directory.path, PATH: PATH.join(delimiter), ...environment },
  });

/** The programs of a page, in order. */
const programsOf = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? '');
const programs = programsOf('docs/client.md');
const envelopePrograms = programsOf('docs/envelope.md');

/** Registries are not asked: what the packages depend on is linked from here. */
async function install(): Promise<void> {
  await mkdir(project, { recursive: true });
  const folders = buildPackages(join(directory.path, 'dist'), PUBLISHED);
  const { stdout } = await run('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    project,
    ...folders,
  ]);
  const packed: { name: string; filename: string }[] = Object.values(JSON.parse(stdout));
  const dependencies = Object.fromEntries([
    ...packed.map(({ name, filename }) => [name, `file:${filename}`]),
    ...['zod', 'commander'].map((name) => [name, `file:${join(root, 'node_modules', name)}`]),
  ]);
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module', dependencies }));
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund']);
}

describe('the published packages', { timeout: 60_000 }, () => {
  const installed = install();

  test('hold JavaScript, declarations and a licence, and no tests', async () => {
    await installed;
    for (const name of PUBLISHED) {
      const folder = join(project, 'node_modules/@keyhold', name);
      const files = await readdir(folder, { recursive: true });
      assert.ok(files.includes('LICENSE') && files.length > 30, name);
      assert.deepEqual(
        files.filter((file) => /\.test\.|test-kit|(?<!\.d)\.ts$|tsconfig/.test(file)),
        [],
      );
      const { private: kept, engines } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      assert.equal(kept, undefined);
      if (name !== 'api') assert.ok(engines.node);
    }
  });

  test('run the first program of the page on the Node of the system', async () => {
    await installed;
    await using server = await startTestServer();
    await writeFile(join(project, 'first.js'), programs[0] ?? '');
    const { stdout } = await run('node', ['first.js'], {
      KEYHOLD_ENDPOINT: server.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
    });
    assert.equal(stdout, 'true\n');
  });

  test('load, every module of them', async () => {
    await installed;
    for (const name of LIBRARIES) {
      const files = await readdir(join(project, 'node_modules/@keyhold', name), { recursive: true });
      const modules = files
        .filter((file) => file.endsWith('.js') && !file.startsWith('envelope/'))
        .map((file) => `import '@keyhold/${name}/${file.replace(/\.js$/, '')}';`);
      await writeFile(join(project, `${name}.js`), modules.join('\n'));
      await run('node', [`${name}.js`]);
    }
  });

  test('have the types that the programs of the page need, and refuse wrong ones', async () => {
    await installed;
    const wrong = `
      import { createKmsClient } from '@keyhold/client/kms';
      const kms = createKmsClient({ region: 'r', credentials: { accessKeyId: '', accessKeySecret: '' } });
      const { Plaintext }: { Plaintext: string } = await kms.Decrypt({ CiphertextBlob: '' });
      // @ts-expect-error: it is a text
      const number: number = Plaintext;
      // @ts-expect-error: KeyId is missing
      await kms.GenerateDataKey({ KeySpec: 'AES_256' });
      // @ts-expect-error: there is no such spec
      await kms.GenerateDataKey({ KeyId: 'k', KeySpec: 'AES_257' });
      // @ts-expect-error: there is no such operation
      kms.GenerateDatakey({ KeyId: 'k' });
      export { number };
    `;
    const sources = [...programs, ...envelopePrograms, wrong].map(
      (code, i) => [`program-${i}.ts`, code] as const,
    );
    for (const [name, code] of sources) await writeFile(join(project, name), code);
    const compilerOptions = {
      ...{ target: 'es2024', lib: ['es2024', 'dom', 'esnext.disposable'], module: 'nodenext' },
      ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true },
    };
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: sources.map(([name]) => name) }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await assert.doesNotReject(
      run(process.execPath, [tsc, '-p', '.']).catch(({ stdout }) => Promise.reject(stdout)),
    );
  });

  describe('keyhold, on a Node that is plain and new enough', () => {
    const node = process.execPath;
    const keyhold = (args: readonly string[], environment: Record<string, string> = {}) =>
      run(node, [join(project, 'node_modules/.bin/keyhold'), ...args], environment);

    test('encrypts and decrypts, and the program of its page does', async () => {
      await installed;
      await using server = await startTestServer();
      const { KeyId } = (await server.call('CreateKey')).body.KeyMetadata;
      await server.call('CreateAlias', { KeyId, AliasName: 'alias/Apollo/WorkKey' });
      const environment = {
        KEYHOLD_ENDPOINT: server.url,
        ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
      };
      await writeFile(join(project, 'plain'), 'text');
      await keyhold(['encrypt', 'plain', '--key', 'alias/Apollo/WorkKey'], environment);
      const { stdout } = await keyhold(['decrypt', 'plain.kenv', '-o', '-', '--allow-any-key'], environment);
      assert.equal(stdout, 'text');

      await writeFile(join(project, 'report.pdf'), Buffer.alloc(100_000, 'x'));
      for (const [i, code] of envelopePrograms.entries()) {
        await writeFile(join(project, `envelope-${i}.mjs`), code);
        await run(node, [`envelope-${i}.mjs`], environment);
      }
      assert.deepEqual(await readFile(join(project, 'copy.pdf')), Buffer.alloc(100_000, 'x'));
    });

    test('says its version and what needs the server, which is not installed with it', async () => {
      await installed;
      const { version } = JSON.parse(await readFile(join(root, 'packages/cli/package.json'), 'utf8'));
      assert.equal((await keyhold(['--version'])).stdout, `${version}\n`);
      await assert.rejects(keyhold(['serve']), { code: 1, stderr: /npm install @keyhold\/server/ });
    });
  });
});
