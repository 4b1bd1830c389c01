import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KMS } from '@keyhold/api/kms/product.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { requireKind } from './key-kinds.ts';

/** What each origin is answered, EXTERNAL first; whatever is not here is for both (KMS semantics 13, 14). */
const ORIGINS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  GetParametersForImport: [undefined, 'Unsupported.Origin'],
  ImportKeyMaterial: [undefined, 'Unsupported.Origin'],
  DeleteKeyMaterial: [undefined, 'Unsupported.Origin'],
  CreateKeyVersion: ['Rejected.UnsupportedOperation', undefined],
  UpdateRotationPolicy: ['Rejected.UnsupportedOperation', undefined],
};

test('an operation for keys of one origin refuses the other', () => {
  for (const operation of KMS.operations.values()) {
    for (const [index, origin] of (['EXTERNAL', 'Aliyun_KMS'] as const).entries()) {
      const ask = () => requireKind(operation, sampleKey({ origin }));
      const code = ORIGINS[operation.action]?.[index];
      if (code === undefined) ask();
      else assert.throws(ask, { code, status: 400 }, `${operation.action} of ${origin}`);
    }
  }
});

test('a key that does not encrypt is not used', () => {
  const key = sampleKey({ keyUsage: 'SIGN/VERIFY' });
  for (const operation of KMS.operations.values()) {
    const ask = () => requireKind(operation, key);
    if (operation.effect === 'use') assert.throws(ask, { code: 'UnsupportedOperation' }, operation.action);
  }
});
