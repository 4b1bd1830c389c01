import { closeSync, openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import type { Outlet } from '@keyhold/client/envelope/file/sink.ts';
import type { Context } from '@keyhold/client/envelope/format/context.ts';
import { recognise } from '@keyhold/client/envelope/format/recognise.ts';
import type { ReadOptions } from '@keyhold/client/envelope/keys/open-envelope.ts';
import type { WriteOptions } from '@keyhold/client/envelope/keys/write-envelope.ts';
import type { Connections } from '../connections.ts';
import type { Pair } from '../files/plan.ts';

type Bytes = Uint8Array<ArrayBuffer>;
export type Through = ReadableWritablePair<Bytes, Uint8Array>;
export type Destination = string | Outlet;
export type OnBytes = (progress: { readonly bytes: number; readonly total: number }) => void;
type OnFiles = (progress: { readonly files: number; readonly total: number }) => void;

interface Common {
  readonly connections: Connections;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: OnBytes | undefined;
}

export interface Writing extends Common {
  /** As they were named. */
  readonly keys: readonly string[];
  readonly context: Context | undefined;
  readonly storeContext: boolean;
  readonly recoveryKeys: NonNullable<WriteOptions['recoveryKeys']>;
}

export interface Reading extends Common {
  readonly allow: readonly string[] | 'any';
  readonly context: Context | undefined;
  readonly recoveryKey: ReadOptions['recoveryKey'];
  /** Of the sdk format alone. */
  readonly storedHeader?: string | undefined;
  readonly allowUnauthenticated?: boolean | undefined;
  readonly onRecipientFailure: NonNullable<ReadOptions['onRecipientFailure']>;
}

export interface Failed extends Pair {
  readonly error: unknown;
}

export interface Format {
  readonly suffix: string;
  /** Throws UsageError for what the format cannot hold; asks what has to be asked once. */
  writer(writing: Writing): Promise<Writer>;
  reader(reading: Reading): Reader;
  /** A list of titles and values. Needs no key. */
  inspect(path: string): object;
}

export interface Writer {
  encryptFile(from: string, to: Destination): Promise<void>;
  encryptStream(): Through;
  /** Where the format has a faster way than one file after the other. */
  encryptFiles?(pairs: readonly Pair[], onProgress?: OnFiles): Promise<readonly Failed[]>;
}

export interface Reader {
  decryptFile(from: string, to: Destination): Promise<void>;
  decryptStream(): Through;
  decryptFiles?(pairs: readonly Pair[], onProgress?: OnFiles): Promise<readonly Failed[]>;
  decryptRange?(from: string, start: number, length: number | undefined): AsyncGenerator<Bytes>;
}

/** Envelope formats 5: which one when. */
const FORMATS = {
  kenv: async (): Promise<Format> => (await import('./kenv.ts')).KENV,
  sample: async (): Promise<Format> => (await import('./sample.ts')).SAMPLE,
  sdk: async (): Promise<Format> => (await import('./sdk.ts')).SDK,
} as const;
export type FormatName = keyof typeof FORMATS;

export const formatNamed = (name: FormatName): Promise<Format> => FORMATS[name]();

const SUFFIXES = ['.kenv', '.sample', '.sdk'];

/** Which files of a directory are meant where encrypted ones are read. */
export const ENCRYPTED_NAMES = {
  fits: (name: string): boolean => SUFFIXES.includes(extname(name)),
  others: `not named ${SUFFIXES.map((each) => `*${each}`).join(', ')}`,
  advice: 'name them one by one',
};

/** What is to be read of a file for it to be recognised. */
export const START_BYTES = 16_384;

/** What is no known format is left to that of Keyhold, which says what it looks like instead. */
export function formatNameOf(start: Uint8Array): FormatName {
  const is = recognise(start);
  if (is === 'sample') return 'sample';
  return is === 'sdk-message' || is === 'sdk-stream' ? 'sdk' : 'kenv';
}

/** Enough of a file to recognise it by. */
export function startOf(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(START_BYTES);
    return bytes.subarray(0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
