import type { Operation } from '../operation.ts';
import type { Product } from '../product.ts';
import * as aliases from './aliases.ts';
import * as crypto from './crypto.ts';
import * as imports from './import.ts';
import * as keyPolicies from './key-policies.ts';
import * as keys from './keys.ts';
import * as service from './service.ts';
import * as tags from './tags.ts';
import { unsupportedActions } from './unsupported.ts';
import * as versions from './versions.ts';

/** Every operation served, under its wire name. */
export const kmsOperations = {
  Decrypt: crypto.Decrypt,
  Encrypt: crypto.Encrypt,
  GenerateDataKey: crypto.GenerateDataKey,
  GenerateDataKeyWithoutPlaintext: crypto.GenerateDataKeyWithoutPlaintext,
  ReEncrypt: crypto.ReEncrypt,
  CancelKeyDeletion: keys.CancelKeyDeletion,
  CreateKey: keys.CreateKey,
  DescribeKey: keys.DescribeKey,
  DisableKey: keys.DisableKey,
  EnableKey: keys.EnableKey,
  ListKeys: keys.ListKeys,
  ScheduleKeyDeletion: keys.ScheduleKeyDeletion,
  SetDeletionProtection: keys.SetDeletionProtection,
  UpdateKeyDescription: keys.UpdateKeyDescription,
  CreateAlias: aliases.CreateAlias,
  DeleteAlias: aliases.DeleteAlias,
  ListAliases: aliases.ListAliases,
  ListAliasesByKeyId: aliases.ListAliasesByKeyId,
  UpdateAlias: aliases.UpdateAlias,
  GetKeyPolicy: keyPolicies.GetKeyPolicy,
  ListKeyPolicies: keyPolicies.ListKeyPolicies,
  SetKeyPolicy: keyPolicies.SetKeyPolicy,
  ListResourceTags: tags.ListResourceTags,
  ListTagResources: tags.ListTagResources,
  TagResource: tags.TagResource,
  TagResources: tags.TagResources,
  UntagResource: tags.UntagResource,
  UntagResources: tags.UntagResources,
  DeleteKeyMaterial: imports.DeleteKeyMaterial,
  GetParametersForImport: imports.GetParametersForImport,
  ImportKeyMaterial: imports.ImportKeyMaterial,
  CreateKeyVersion: versions.CreateKeyVersion,
  DescribeKeyVersion: versions.DescribeKeyVersion,
  ListKeyVersions: versions.ListKeyVersions,
  UpdateRotationPolicy: versions.UpdateRotationPolicy,
  DescribeAccountKmsStatus: service.DescribeAccountKmsStatus,
  DescribeRegions: service.DescribeRegions,
  OpenKmsService: service.OpenKmsService,
} as const;

export type KmsOperations = typeof kmsOperations;
export type KmsAction = keyof KmsOperations;

export const KMS: Product = {
  name: 'Kms',
  version: '2016-01-20',
  operations: new Map<string, Operation>(Object.entries(kmsOperations)),
  unsupported: unsupportedActions,
};
