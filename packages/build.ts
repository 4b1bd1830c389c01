import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Makes packages that can be published: Node does not strip types below node_modules, so these hold JavaScript
 * and declarations. In the workspace everything goes on running from its sources.
 *
 *   node packages/build.ts dist api client cli
 */
const root = fileURLToPath(new URL('..', import.meta.url));

/** Pages that are the README of a package. */
const READMES: Readonly<Record<string, string>> = { client: 'docs/client.md', cli: 'docs/envelope.md' };

/** Dependencies that a package does without: its commands that need them say so. The server is for its own machine. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = { cli: ['@keyhold/server', 'pino'] };

/** Returns the folders of the packages, ready for `npm pack`. */
export function buildPackages(out: string, names: readonly string[]): string[] {
  return names.map((name) => {
    const folder = join(out, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    compile(join(root, 'packages', name), folder);
    for (const file of emitted(folder)) writeFileSync(file, published(readFileSync(file, 'utf8')));
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(name), null, 2)}\n`);
    cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
    const readme = READMES[name];
    if (readme !== undefined) cpSync(join(root, readme), join(folder, 'README.md'));
    return folder;
  });
}

function compile(source: string, folder: string): void {
  const config = join(folder, 'tsconfig.json');
  const program = isProgram(readManifest(source));
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: !program,
      rewriteRelativeImportExtensions: true,
      // A program stays below src, where it finds its package.json as in the workspace.
      rootDir: program ? source : join(source, 'src'),
      outDir: folder,
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    include: [join(source, 'src')],
    exclude: ['**/*.test.ts', '**/test-kit', '**/conformance'].map((pattern) => join(source, 'src', pattern)),
  };
  writeFileSync(config, JSON.stringify(settings));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', config], { stdio: 'inherit' });
  rmSync(config);
}

const emitted = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .map((file) => join(folder, file));

/** What the compiler leaves as it is: specifiers of the other packages, those of declarations, and of workers. */
const published = (code: string): string =>
  code
    .replaceAll(/(['"])(@keyhold\/[^'"\n]+)\.ts\1/g, '$1$2$1')
    .replaceAll(/(['"])(\.\.?\/[^'"\n]+)\.ts\1/g, '$1$2.js$1');

type Named = Readonly<Record<string, string>>;
interface Manifest {
  readonly version: string;
  readonly exports: Named;
  readonly bin?: Named;
  readonly dependencies?: Named;
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const isProgram = ({ bin }: Manifest): boolean => bin !== undefined;

function manifest(name: string): object {
  const source = readManifest(join(root, 'packages', name));
  const { private: _, scripts: __, exports, bin, dependencies = {}, ...others } = source as Manifest & Named;
  const optional = OPTIONAL[name] ?? [];
  const pick = (wanted: boolean) =>
    Object.fromEntries(Object.entries(dependencies).filter(([each]) => optional.includes(each) === wanted));
  return {
    ...others,
    dependencies: pick(false),
    ...(optional.length > 0 && {
      peerDependencies: pick(true),
      peerDependenciesMeta: Object.fromEntries(optional.map((each) => [each, { optional: true }])),
    }),
    ...(bin ? { bin: { keyhold: 'src/bin.js' }, exports: {} } : { exports: publishedExports(exports) }),
  };
}

const publishedExports = (exports: Named): object =>
  Object.fromEntries(
    Object.entries(exports).map(([subpath, source]) => {
      const file = source.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
      return [subpath.replace(/\.ts$/, ''), { types: `${file}.d.ts`, default: `${file}.js` }];
    }),
  );

const [out, ...names] = process.argv.slice(2);
if (import.meta.main && out !== undefined) buildPackages(out, names);
