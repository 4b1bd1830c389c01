import { ApiError, type ErrorCode } from '@keyhold/api/errors.ts';
import type { Key, KeyState } from './key.ts';

type Row = Readonly<Record<KeyState, 'ok' | ErrorCode>>;

const anyState: Row = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'ok', PendingImport: 'ok' };

const usable: Row = {
  Enabled: 'ok',
  Disabled: 'Rejected.Disabled',
  PendingDeletion: 'Rejected.PendingDeletion',
  PendingImport: 'Rejected.PendingImport',
};

const notPendingDeletion: Row = { ...anyState, PendingDeletion: 'Rejected.PendingDeletion' };

const notDeleting: Row = { ...anyState, PendingDeletion: 'Rejected.StateModifiedFailed' };

const onOrOff: Row = {
  Enabled: 'ok',
  Disabled: 'ok',
  PendingDeletion: 'Rejected.StateModifiedFailed',
  PendingImport: 'Rejected.StateModifiedFailed',
};

const onlyPendingDeletion: Row = {
  Enabled: 'Rejected.StateModifiedFailed',
  Disabled: 'Rejected.StateModifiedFailed',
  PendingDeletion: 'ok',
  PendingImport: 'Rejected.StateModifiedFailed',
};

/** Which key states allow which operation (KMS semantics 8). An operation that is not here names no key. */
export const KEY_STATES: Readonly<Record<string, Row>> = Object.freeze({
  __proto__: null,
  DescribeKey: anyState,
  ListKeyVersions: anyState,
  DescribeKeyVersion: anyState,
  DeleteAlias: anyState,
  ListAliasesByKeyId: anyState,
  ListResourceTags: anyState,
  ListTagResources: anyState,
  GetParametersForImport: anyState,
  DeleteKeyMaterial: anyState,
  GetKeyPolicy: anyState,
  ListKeyPolicies: anyState,

  Encrypt: usable,
  Decrypt: usable,
  GenerateDataKey: usable,
  GenerateDataKeyWithoutPlaintext: usable,
  ReEncrypt: usable,
  CreateKeyVersion: usable,
  UpdateRotationPolicy: usable,

  UpdateKeyDescription: notPendingDeletion,
  SetKeyPolicy: notPendingDeletion,
  TagResource: notPendingDeletion,
  UntagResource: notPendingDeletion,
  TagResources: notPendingDeletion,
  UntagResources: notPendingDeletion,
  UpdateAlias: notPendingDeletion,
  SetDeletionProtection: notPendingDeletion,

  EnableKey: onOrOff,
  DisableKey: onOrOff,

  ScheduleKeyDeletion: notDeleting,
  CreateAlias: notDeleting,
  ImportKeyMaterial: notDeleting,

  CancelKeyDeletion: onlyPendingDeletion,
} as unknown as Record<string, Row>);

/** Throws the state error of the table where the key's state forbids the operation. */
export function requireState(action: string, key: Key): void {
  const verdict = KEY_STATES[action]?.[key.state];
  if (verdict === undefined) throw new Error(`no key states are given for ${action}`);
  if (verdict !== 'ok') throw new ApiError(verdict, { reason: `it is ${key.state}` });
}
