import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ROOT, startTestServer, type TestServer } from '../../../../test/server.ts';
import { type Ended, KEYHOLD, keyhold, type Started, startNode } from './cli-process.ts';

export const ALIAS = 'alias/Apollo/WorkKey';
export const BACKUP = 'cn-shanghai:alias/Apollo/Backup';

/** A directory of a test, and commands that run as somebody who has nothing else. */
export interface Place {
  readonly directory: string;
  at(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  read(name: string): Buffer;
  /** All files below it, hidden ones included. */
  names(): string[];
}

/** A server with two regions, and a key with an alias in each. */
export interface TwoRegions extends AsyncDisposable {
  readonly server: TestServer;
  readonly work: string;
  readonly backup: string;
  readonly environment: Record<string, string>;
  run(args: readonly string[], stdin?: string | Uint8Array): Promise<Ended>;
  start(args: readonly string[], stdin?: Readable): Started;
  place(): Place;
}

export async function twoRegions(): Promise<TwoRegions> {
  const server = await startTestServer({ KEYHOLD_REGIONS: 'cn-hangzhou,cn-shanghai' });
  const root = mkdtempSync(join(tmpdir(), 'keyhold-cli-'));
  const key = async (RegionId: string, AliasName: string): Promise<string> => {
    const { KeyId, Arn } = (await server.call('CreateKey', { RegionId })).body.KeyMetadata;
    await server.call('CreateAlias', { RegionId, KeyId, AliasName });
    return Arn;
  };
  const environment = {
    HOME: join(root, 'home'),
    KEYHOLD_ENDPOINT: server.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: ROOT.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
  };
  return {
    server,
    work: await key('cn-hangzhou', ALIAS),
    backup: await key('cn-shanghai', 'alias/Apollo/Backup'),
    environment,
    run: (args, stdin) => keyhold(args, environment, stdin),
    start: (args, stdin) => startNode([KEYHOLD, ...args], environment, stdin),
    place: () => placeIn(root),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function placeIn(root: string): Place {
  const directory = mkdtempSync(join(root, 'place-'));
  const at = (name: string): string => join(directory, name);
  return {
    directory,
    at,
    write(name, content) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
      return at(name);
    },
    read: (name) => readFileSync(at(name)),
    names: () =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
        .sort(),
  };
}

/** Bytes in which no two chunks are alike. */
export const content = (size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 512) bytes.writeUInt32LE(at, at);
  return bytes;
};

/** An encrypted file and its plaintext, in a place of their own. */
export async function sealedBy(kms: TwoRegions, bytes: Buffer, ...flags: string[]) {
  const here = kms.place();
  here.write('plain', bytes);
  const { exitCode, stderr } = await kms.run(['encrypt', here.at('plain'), '--key', ALIAS, ...flags]);
  if (exitCode !== 0) throw new Error(stderr);
  return { ...here, plain: here.at('plain'), file: here.at('plain.kenv') };
}

/** Until it is so, or half a minute is over. */
export async function until(so: () => boolean): Promise<void> {
  for (let tries = 0; !so(); tries++) {
    if (tries > 3000) throw new Error('it never came so far');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
