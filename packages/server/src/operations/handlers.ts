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
import { cancelKeyDeletion } from './keys/cancel-key-deletion.ts';
import { createKey } from './keys/create-key.ts';
import { describeKey } from './keys/describe-key.ts';
import { disableKey } from './keys/disable-key.ts';
import { enableKey } from './keys/enable-key.ts';
import { listKeys } from './keys/list-keys.ts';
import { scheduleKeyDeletion } from './keys/schedule-key-deletion.ts';
import { setDeletionProtection } from './keys/set-deletion-protection.ts';
import { updateKeyDescription } from './keys/update-key-description.ts';
import { describeAccountKmsStatus } from './service/describe-account-kms-status.ts';
import { describeRegions } from './service/describe-regions.ts';
import { openKmsService } from './service/open-kms-service.ts';
import { listResourceTags } from './tags/list-resource-tags.ts';
import { listTagResources } from './tags/list-tag-resources.ts';
import { tagResource } from './tags/tag-resource.ts';
import { tagResources } from './tags/tag-resources.ts';
import { untagResource } from './tags/untag-resource.ts';
import { untagResources } from './tags/untag-resources.ts';
import { describeKeyVersion } from './versions/describe-key-version.ts';
import { listKeyVersions } from './versions/list-key-versions.ts';

/** Every operation that is served. A test holds this list against the contract. */
const LIST: readonly Handler[] = [
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
  describeAccountKmsStatus,
  describeRegions,
  openKmsService,
  listResourceTags,
  listTagResources,
  tagResource,
  tagResources,
  untagResource,
  untagResources,
  describeKeyVersion,
  listKeyVersions,
];

export const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  LIST.map((handler) => [handler.operation.action, handler]),
);
