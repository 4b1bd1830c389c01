import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { Key, Origin } from './key.ts';

interface Kind {
  readonly origin: Origin;
  /** What a key of another origin is answered. */
  readonly refusal: () => ApiError;
}

/** KMS semantics 14. */
const imported: Kind = { origin: 'EXTERNAL', refusal: () => new ApiError('Unsupported.Origin') };

/** KMS semantics 13. */
const madeHere: Kind = {
  origin: 'Aliyun_KMS',
  refusal: () =>
    new ApiError('Rejected.UnsupportedOperation', {
      reason: 'imported material has one version; make a new key and move the alias to it',
    }),
};

/** Which operations are for keys of one origin alone. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['GetParametersForImport', imported],
  ['ImportKeyMaterial', imported],
  ['DeleteKeyMaterial', imported],
  ['CreateKeyVersion', madeHere],
  ['UpdateRotationPolicy', madeHere],
]);

/** Throws where the operation is not for keys of this kind, whatever their state. */
export function requireKind({ action, effect }: Pick<Operation, 'action' | 'effect'>, key: Key): void {
  if (effect === 'use' && key.keyUsage !== 'ENCRYPT/DECRYPT') {
    throw new ApiError('UnsupportedOperation', { reason: 'the key does not encrypt' });
  }
  const kind = KINDS.get(action);
  if (kind && key.origin !== kind.origin) throw kind.refusal();
}
