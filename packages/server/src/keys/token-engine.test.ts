import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openPkcs11Token } from '../hsm/pkcs11-token.ts';
import { softwareToken } from '../hsm/software-token.ts';
import { newSoftHsm, SOFT_HSM_UNSUPPORTED } from '../hsm/test-kit/soft-hsm.ts';
import type { Token } from '../hsm/token.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { type EngineUnderTest, engineConformance } from './conformance/engine-suite.ts';
import { DomainKey } from './domain-key.ts';
import { TokenEngine } from './token-engine.ts';

const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const hsm = newSoftHsm();
after(() => hsm[Symbol.dispose]());

const over = (token: Token, unsupported: EngineUnderTest['unsupported'] = []): EngineUnderTest => ({
  level: 'HSM',
  suiteOf: { Aliyun_AES_256: 3, Aliyun_AES_192: 3, Aliyun_AES_128: 3 },
  engine: (now = Date.now, messages) => new TokenEngine(token, domainKey, ['cn-hangzhou'], now, messages),
  unsupported,
  close: () => token.close(),
});

engineConformance('the engine over the software token', async () => over(softwareToken()));
engineConformance('the engine over SoftHSM', async () =>
  over(await openPkcs11Token(hsm.settings), SOFT_HSM_UNSUPPORTED),
);
