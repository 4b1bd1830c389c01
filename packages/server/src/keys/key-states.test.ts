import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KMS } from '@keyhold/api/kms/product.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { KEY_STATES, requireState } from './key-states.ts';

const STATES = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'] as const;

/**
 * The vendor's table (KMS semantics 8): operations, then the answer in each of the four states; `-` is
 * "allowed", anything else the code without `Rejected.`. Rows of operations that are not served stay in it.
 */
const DOCUMENT = `
DescribeKey DeleteAlias ListResourceTags DescribeKeyVersion ListKeyVersions GetParametersForImport DeleteKeyMaterial | - | - | - | -
Encrypt Decrypt GenerateDataKey GenerateDataKeyWithoutPlaintext CreateKeyVersion UpdateRotationPolicy | - | Disabled | PendingDeletion | PendingImport
UpdateKeyDescription TagResource UntagResource | - | - | PendingDeletion | -
EnableKey DisableKey | - | - | StateModifiedFailed | StateModifiedFailed
ScheduleKeyDeletion CreateAlias ImportKeyMaterial | - | - | StateModifiedFailed | -
CancelKeyDeletion | StateModifiedFailed | StateModifiedFailed | - | StateModifiedFailed
UpdateAlias | - | - | PendingDeletion | -
ReEncrypt ExportDataKey GenerateAndExportDataKey GenerateMac VerifyMac | - | Disabled | PendingDeletion | PendingImport
ListAliasesByKeyId GetKeyPolicy | - | - | - | -
SetDeletionProtection SetKeyPolicy TagResources UntagResources | - | - | PendingDeletion | -
`;
/** Named by no document: they only look, as ListResourceTags and GetKeyPolicy do. */
const OURS = 'ListTagResources ListKeyPolicies | - | - | - | -';

const table = new Map(
  `${DOCUMENT}${OURS}`
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [actions = '', ...answers] = line.split(' | ');
      return actions.split(' ').map((action) => [action, answers] as const);
    }),
);

const KEY_RULES = new Set(['key', 'ciphertextKey', 'listedKeys', 'aliasTarget']);
const namesKey = [...KMS.operations.values()].filter(({ grants }) =>
  grants.some(({ resource }) => KEY_RULES.has(resource.kind)),
);

test('every served operation that names a key answers each state as the document says', () => {
  assert.ok(namesKey.length > 20);
  for (const { action } of namesKey) {
    const answers = table.get(action);
    assert.ok(answers, `${action} is in the document`);
    for (const [index, state] of STATES.entries()) {
      const wanted = answers[index];
      const ask = () => requireState(action, sampleKey({ state }));
      if (wanted === '-') ask();
      else assert.throws(ask, { code: `Rejected.${wanted}`, status: 409 }, `${action} in ${state}`);
    }
  }
});

test('no state is given for what names no key', () => {
  const named = namesKey.map(({ action }) => action);
  assert.deepEqual(Object.keys(KEY_STATES).toSorted(), named.toSorted());
  for (const action of ['ListKeys', 'constructor', '__proto__', 'toString']) {
    assert.throws(() => requireState(action, sampleKey()), /no key states/);
  }
});
