import type { Operation } from '@keyhold/api/operation.ts';
import { ACTIONTRAIL_HANDLERS } from './actiontrail/handlers.ts';
import { createAlias } from './aliases/create-alias.ts';
import { deleteAlias } from './aliases/delete-alias.ts';
import { listAliases } from './aliases/list-aliases.ts';
import { listAliasesByKeyId } from './aliases/list-aliases-by-key-id.ts';
import { updateAlias } from './aliases/update-alias.ts';
import { decrypt } from './crypto/decrypt.ts';
import { encrypt } from './crypto/encrypt.ts';
import { generateDataKey } from './crypto/generate-data-key.ts';
import { generateDataKeyWithoutPlaintext } from './crypto/generate-data-key-without-plaintext.ts';
import { reEncrypt } from './crypto/re-encrypt.ts';
import type { Handler } from './handler.ts';
import { deleteKeyMaterial } from './import/delete-key-material.ts';
import { getParametersForImport } from './import/get-parameters-for-import.ts';
import { importKeyMaterial } from './import/import-key-material.ts';
import { IMS_HANDLERS } from './ims/handlers.ts';
import { getKeyPolicy } from './key-policies/get-key-policy.ts';
import { listKeyPolicies } from './key-policies/list-key-policies.ts';
import { setKeyPolicy } from './key-policies/set-key-policy.ts';
import { cancelKeyDeletion } from './keys/cancel-key-deletion.ts';
import { createKey } from './keys/create-key.ts';
import { describeKey } from './keys/describe-key.ts';
import { disableKey } from './keys/disable-key.ts';
import { enableKey } from './keys/enable-key.ts';
import { listKeys } from './keys/list-keys.ts';
import { scheduleKeyDeletion } from './keys/schedule-key-deletion.ts';
import { setDeletionProtection } from './keys/set-deletion-protection.ts';
import { updateKeyDescription } from './keys/update-key-description.ts';
import { RAM_HANDLERS } from './ram/handlers.ts';
import { describeAccountKmsStatus } from './service/describe-account-kms-status.ts';
import { describeRegions } from './service/describe-regions.ts';
import { openKmsService } from './service/open-kms-service.ts';
import { STS_HANDLERS } from './sts/handlers.ts';
import { listResourceTags } from './tags/list-resource-tags.ts';
import { listTagResources } from './tags/list-tag-resources.ts';
import { tagResource } from './tags/tag-resource.ts';
import { tagResources } from './tags/tag-resources.ts';
import { untagResource } from './tags/untag-resource.ts';
import { untagResources } from './tags/untag-resources.ts';
import { createKeyVersion } from './versions/create-key-version.ts';
import { describeKeyVersion } from './versions/describe-key-version.ts';
import { listKeyVersions } from './versions/list-key-versions.ts';
import { updateRotationPolicy } from './versions/update-rotation-policy.ts';

const KMS_HANDLERS: readonly Handler[] = [
  createAlias,
  deleteAlias,
  listAliasesByKeyId,
  listAliases,
  updateAlias,
  decrypt,
  encrypt,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  reEncrypt,
  cancelKeyDeletion,
  createKey,
  describeKey,
  disableKey,
  enableKey,
  listKeys,
  scheduleKeyDeletion,
  setDeletionProtection,
  updateKeyDescription,
  getKeyPolicy,
  listKeyPolicies,
  setKeyPolicy,
  describeAccountKmsStatus,
  describeRegions,
  openKmsService,
  listResourceTags,
  listTagResources,
  tagResource,
  tagResources,
  untagResource,
  untagResources,
  getParametersForImport,
  importKeyMaterial,
  deleteKeyMaterial,
  createKeyVersion,
  updateRotationPolicy,
  describeKeyVersion,
  listKeyVersions,
];

/** Every operation that is served. A test holds this against the contract. */
export const HANDLERS: ReadonlyMap<Operation, Handler> = new Map(
  [...KMS_HANDLERS, ...RAM_HANDLERS, ...STS_HANDLERS, ...IMS_HANDLERS, ...ACTIONTRAIL_HANDLERS].map(
    (handler) => [handler.operation, handler],
  ),
);
