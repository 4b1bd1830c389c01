import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOperation } from './contract.ts';
import { KMS } from './kms/product.ts';

const refuses = (version: string, action: string, code: string) =>
  assert.throws(() => findOperation(version, action), { name: 'ApiError', code }, `${version} ${action}`);

test('finds every operation by version and action', () => {
  for (const [action, operation] of KMS.operations) {
    assert.equal(findOperation('2016-01-20', action), operation);
    assert.equal(operation.action, action);
  }
});

test('tells an unknown version, an unknown action and an action of the vendor apart', () => {
  for (const version of ['', '2016-01-21', 'constructor', '__proto__']) {
    refuses(version, 'Encrypt', 'InvalidVersion');
  }
  for (const action of ['', 'encrypt', 'ENCRYPT', 'constructor', 'toString', '__proto__', 'size', 'get']) {
    refuses('2016-01-20', action, 'InvalidAction.NotFound');
  }
  for (const action of KMS.unsupported) refuses('2016-01-20', action, 'UnsupportedOperation');
});
