import assert from 'node:assert/strict';
import { readConfig } from '@keyhold/server/config.ts';
import { startServer } from '@keyhold/server/main.ts';
import { pino } from 'pino';
import { wrap } from '../key-lifecycle/importing.ts';
import { type Credentials, type Parameters, send, signedTarget } from '../server.ts';

export type ProtectionLevel = 'SOFTWARE' | 'HSM';

/** The parameters of ImportKeyMaterial. */
export interface Import {
  readonly KeyId: string;
  readonly EncryptedKeyMaterial: string;
  readonly ImportToken: string;
}

const DAY_MS = 86_400_000;

/**
 * Lets a server run as if it were yesterday, and ends it: clients sign with today's time, so that this is how they come by
 * tokens that have expired. They are right but for that.
 */
export async function beginImports(
  settings: Readonly<Record<string, string>>,
  credentials: Credentials,
): Promise<Readonly<Record<ProtectionLevel, Import>>> {
  const clock = () => Date.now() - DAY_MS;
  const server = await startServer(readConfig(settings), pino({ level: 'silent' }), clock);
  const call = async (action: string, parameters: Parameters) => {
    const { status, body } = await send(server.url, signedTarget(action, parameters, credentials, clock()));
    assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
    return body;
  };
  const begin = async (ProtectionLevel: ProtectionLevel): Promise<Import> => {
    const { KeyId } = (await call('CreateKey', { Origin: 'EXTERNAL', ProtectionLevel })).KeyMetadata;
    const WrappingAlgorithm = 'RSAES_OAEP_SHA_1';
    const asked = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' };
    const { PublicKey, ImportToken } = await call('GetParametersForImport', asked);
    return {
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: wrap(PublicKey, Buffer.alloc(32, 7), WrappingAlgorithm),
    };
  };
  try {
    return { SOFTWARE: await begin('SOFTWARE'), HSM: await begin('HSM') };
  } finally {
    await server.close();
  }
}
