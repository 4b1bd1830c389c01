import { readFileSync } from 'node:fs';
import { openPkcs11Token } from '@keyhold/server/hsm/pkcs11-token.ts';
import { newSoftHsm, type SoftHsm } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';
import { startTestServer, type TestServer } from '../server.ts';

export const REGION = 'cn-hangzhou';

/** The settings that make it the Managed HSM of the region. */
export const settingsOf = ({ settings }: SoftHsm): Record<string, string> => ({
  KEYHOLD_HSM_LIBRARY: settings.library,
  KEYHOLD_HSM_TOKEN: 'label' in settings.token ? settings.token.label : `slot:${settings.token.slot}`,
  KEYHOLD_HSM_PIN_FILE: settings.pinFile,
  KEYHOLD_HSM_TIMEOUT_MS: '1000',
  KEYHOLD_REGIONS: `${REGION},cn-beijing`,
  KEYHOLD_HSM_REGIONS: REGION,
});

export interface HsmServer {
  readonly server: TestServer;
  readonly hsm: SoftHsm;
  /** Labels of the server's objects, as the token has them now. */
  labels(): Promise<readonly string[]>;
  /** Of the process that holds the token. */
  tokenPid(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A whole server with a new SoftHSM. */
export async function startHsmServer(
  now: () => number = Date.now,
  steady?: () => number,
): Promise<HsmServer> {
  const hsm = newSoftHsm();
  const server = await startTestServer(settingsOf(hsm), now, steady);
  return {
    server,
    hsm,
    async labels() {
      const token = await openPkcs11Token(hsm.settings);
      try {
        return await token.list('keyhold/');
      } finally {
        await token.close();
      }
    },
    tokenPid: () => tokenProcess(process.pid),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      hsm[Symbol.dispose]();
    },
  };
}

/** The child of a server that holds its token. Needs Linux. */
export function tokenProcess(server: number): number {
  const children = readFileSync(`/proc/${server}/task/${server}/children`, 'latin1').trim().split(' ');
  const found = children.find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('pkcs11-process');
    } catch {
      return false; // it has just ended
    }
  });
  if (found === undefined) throw new Error('no process holds the token');
  return Number(found);
}
