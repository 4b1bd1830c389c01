import { GetParametersForImport } from '@keyhold/api/kms/import.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';

export const getParametersForImport = handler(GetParametersForImport, async (kms, { key, params, now }) => {
  const cmk = key('KeyId');
  const { WrappingKeySpec, WrappingAlgorithm } = params;
  const { publicKey, token, expiresAt } = await kms.imports.begin(
    cmk,
    WrappingKeySpec,
    WrappingAlgorithm,
    now,
  );
  return {
    KeyId: cmk.keyId,
    PublicKey: publicKey.toString('base64'),
    ImportToken: token,
    TokenExpireTime: dateText(expiresAt),
  };
});
