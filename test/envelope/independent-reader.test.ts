import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encryptBytes } from '@keyhold/client/envelope/bytes.ts';
import { writeContext } from '@keyhold/client/envelope/format/context.ts';
import { CMK, MemoryKms, OTHER_CMK } from '@keyhold/client/envelope/test-kit/memory-kms.ts';
import { vectorFile } from '@keyhold/client/envelope/test-kit/vector-files.ts';
import { arnOf, CONTEXT, DATA_KEY, VECTORS } from '@keyhold/client/envelope/test-kit/vectors.ts';
import fc from 'fast-check';
import { temporaryDirectory } from '../temporary-directory.ts';
import { openWith, readCmk, readEnvelope } from './independent-reader.ts';

const PYTHON_READER = new URL('./independent_reader.py', import.meta.url).pathname;
const python = spawnSync('python3', ['-c', 'import cryptography']).status === 0;
const serialised = Buffer.from(writeContext(CONTEXT));

describe('readers written from the document alone', () => {
  for (const vector of VECTORS) {
    test(`read ${vector.name}`, () => {
      const file = Buffer.from(vectorFile(vector));
      assert.deepEqual(openWith(file, DATA_KEY, serialised), Buffer.from(vector.plaintext));
      assert.deepEqual(
        readEnvelope(file).recipients.map(({ body }) => readCmk(body).cmk),
        vector.recipients.map(arnOf),
      );
      assert.throws(() => openWith(file.subarray(0, -1), DATA_KEY, serialised));
    });

    test(`read ${vector.name} in Python`, {
      skip: python ? false : 'needs python3 with cryptography',
    }, async () => {
      await using directory = await temporaryDirectory();
      const path = join(directory.path, 'file');
      writeFileSync(path, vectorFile(vector));
      const key = [DATA_KEY, serialised].map((bytes) => bytes.toString('hex'));
      const { stdout, stderr } = spawnSync('python3', [PYTHON_READER, path, ...key]);
      assert.deepEqual(stdout, Buffer.from(vector.plaintext), stderr.toString());
    });
  }

  test('read whatever the library writes', async () => {
    const kms = new MemoryKms();
    const context = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }),
      fc.string({ maxLength: 9 }),
      { maxKeys: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(20_000), context, fc.boolean(), async (size, context, storeContext) => {
        const plaintext = Buffer.alloc(size, 'keyhold');
        const file = Buffer.from(
          await encryptBytes(plaintext, {
            connect: kms.connect,
            cmks: [CMK, OTHER_CMK],
            context,
            storeContext,
            chunkLog2: 12,
          }),
        );
        for (const { body } of readEnvelope(file).recipients) {
          const CiphertextBlob = readCmk(body).blob.toString('base64');
          const { Plaintext } = await kms.Decrypt({ CiphertextBlob, EncryptionContext: context });
          const opened = openWith(file, Buffer.from(Plaintext, 'base64'), Buffer.from(writeContext(context)));
          assert.ok(opened.equals(plaintext));
        }
      }),
      { numRuns: 30 },
    );
  });
});
