import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const root = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const filesUnder = (folder: string): string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => /\.[jt]s$/.test(file) && !file.includes('node_modules'));

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
const importsOf = (from: string): Import[] =>
  [...read(from).matchAll(STATEMENT)].map(([, type, name, dynamic]) => {
    const to = name ?? dynamic ?? '';
    return {
      from,
      to: to.startsWith('.') ? normalize(join(dirname(from), to)) : to,
      typeOnly: type !== undefined,
    };
  });

const all = filesUnder('packages').flatMap(importsOf);
/** Files of tests, and what only tests use. */
const FOR_TESTS = /\.test\.ts$|\/(conformance|test-kit)\//;
const shipped = all.filter(({ from }) => !FOR_TESTS.test(from));
const list = (imports: readonly Import[]): string[] => imports.map(({ from, to }) => `${from}: ${to}`);

/** What each package may import besides itself and Node. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  api: ['zod'],
  server: [
    '@aws-sdk/client-s3',
    '@keyhold/api',
    'fastify',
    'fast-xml-parser',
    'jose',
    'kysely',
    'lru-cache',
    'pino',
    'pkcs11js',
    'prom-client',
    'shamir-secret-sharing',
  ],
  client: ['@keyhold/api', 'zod'],
  cli: ['@keyhold/api', '@keyhold/client', '@keyhold/server', 'commander', 'pino', 'zod'],
};

test('dependencies flow one way: api <- server, client <- cli', () => {
  assert.ok(shipped.length > 300, 'the statements were found');
  const wrong = shipped.filter(({ from, to }) => {
    const [, name = ''] = from.split('/');
    if (to.startsWith('packages/')) return !to.startsWith(`packages/${name}/`);
    if (to.startsWith('node:')) return name === 'api';
    return !MAY_IMPORT[name]?.some((allowed) => to === allowed || to.startsWith(`${allowed}/`));
  });
  assert.deepEqual(list(wrong), []);
});

test('what only tests use is not shipped', () => {
  assert.ok(all.some(({ to }) => FOR_TESTS.test(to)));
  assert.deepEqual(list(shipped.filter(({ to }) => FOR_TESTS.test(to))), []);
});

/** Who may import what needs care, and why. A path that ends in `/` is everything below. */
const KEEPERS: readonly { readonly what: RegExp; readonly who: Readonly<Record<string, string>> }[] = [
  {
    what: /^(node:sqlite|kysely)(\/|$)/,
    who: { 'packages/server/src/store/': 'the only part that speaks to a database' },
  },
  {
    what: /^pkcs11js$/,
    who: { 'packages/server/src/hsm/pkcs11/': 'the child process, which may crash' },
  },
  {
    what: /^node:crypto$/,
    who: {
      'packages/server/src/keys/': 'key material: the engine, the keyring, the domain key',
      'packages/server/src/hsm/': 'tokens: derivation, wrapping keys, and the token in software',
      'packages/client/src/envelope/': 'the envelope formats',
      'packages/server/src/root/': 'root keys',
      'packages/server/src/backup/': 'sums of a backup, random names',
      'packages/server/src/access/access-keys.ts': 'makes access key pairs',
      'packages/server/src/accounts/create-account.ts': 'makes account ids',
      'packages/server/src/ram/new-id.ts': 'makes ids of users, groups and roles',
      'packages/server/src/wires/acs3-signature.ts': 'request signatures',
      'packages/server/src/wires/rpc-signature.ts': 'request signatures',
      'packages/server/src/wires/signing-secret.ts': 'request signatures',
      'packages/server/src/trail/chain.ts': 'the hash chain',
      'packages/server/src/trail/digest.ts': 'the hash chain',
      'packages/server/src/trail/checkpoints/public-key.ts': 'checks the signatures of checkpoints',
      'packages/server/src/trail/checkpoints/signing-key.ts': 'the key that signs checkpoints',
      'packages/server/src/trail/event.ts': 'ids of events',
      'packages/server/src/delivery/object.ts': 'checksums in the names of objects',
      'packages/server/src/delivery/s3-target.ts': 'checksums of objects',
      'packages/server/src/trail/lookup/terms.ts': 'hashes of what is searched for',
      'packages/server/src/operations/keys/create-key.ts': 'random ids',
      'packages/server/src/files/new-file.ts': 'random names',
      'packages/server/src/pipeline/call.ts': 'random request ids',
      'packages/server/src/http/server.ts': 'random request ids',
      'packages/server/src/service.ts': 'random request ids',
    },
  },
];

for (const { what, who } of KEEPERS) {
  test(`${what} is imported where it is meant to be, and nowhere else`, () => {
    const users = shipped.filter(({ to }) => what.test(to));
    const fits = (keeper: string, from: string) =>
      keeper.endsWith('/') ? from.startsWith(keeper) : from === keeper;
    assert.deepEqual(
      list(users.filter(({ from }) => !Object.keys(who).some((keeper) => fits(keeper, from)))),
      [],
    );
    for (const keeper of Object.keys(who)) {
      assert.ok(
        users.some(({ from }) => fits(keeper, from)),
        `${keeper} needs no exception`,
      );
    }
  });
}

/** The ways round in a graph, each as the names on it; empty where there are none. */
function cycles(edges: readonly (readonly [from: string, to: string])[]): string[] {
  const next = Map.groupBy(edges, ([from]) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) found.push([...path.slice(path.indexOf(node)), node].join(' > '));
    if (done.has(node) || path.includes(node)) return;
    for (const [, to] of next.get(node) ?? []) visit(to, [...path, node]);
    done.add(node);
  };
  for (const node of next.keys()) visit(node, []);
  return found;
}

test('no file imports itself round a corner', () => {
  const values = shipped.filter(({ typeOnly }) => !typeOnly).map(({ from, to }) => [from, to] as const);
  assert.deepEqual(cycles(values), []);
});

test('no folder of the server needs a folder that needs it', () => {
  const folder = (file: string): string => /^packages\/server\/src\/(\w+)\//.exec(file)?.[1] ?? '';
  const edges = shipped
    .filter(({ typeOnly }) => !typeOnly)
    .map(({ from, to }) => [folder(from), folder(to)] as const)
    .filter(([from, to]) => from !== '' && to !== '' && from !== to);
  assert.ok(edges.length > 10);
  assert.deepEqual(cycles(edges), []);
  assert.notDeepEqual(cycles([...edges, ['keys', 'operations']]), [], 'this test can fail');
});

test('nothing refers to what is outside of the repository', () => {
  const outside = new RegExp(['\\.\\./sha', 'red\\b|["\'`(\\s]/wo', 'rk/'].join(''));
  const folders = ['packages', 'test', 'bench', 'docs', 'examples'];
  const texts = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter(
        (file) => /\.(ts|js|json|md|py|go|java|xml|csv|ya?ml)$/.test(file) && !file.includes('node_modules'),
      ),
  );
  assert.deepEqual(
    texts.filter((file) => outside.test(read(file))),
    [],
  );
});
