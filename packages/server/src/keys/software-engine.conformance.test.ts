import { SecretBytes } from '../secret-bytes.ts';
import { engineConformance } from './conformance/engine-suite.ts';
import { DomainKey } from './domain-key.ts';
import { SoftwareEngine } from './software-engine.ts';

const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));

engineConformance('the engine in software', async () => ({
  level: 'SOFTWARE',
  suiteOf: { Aliyun_AES_256: 1, Aliyun_AES_192: 1, Aliyun_AES_128: 1, Aliyun_SM4: 2 },
  engine: (now = Date.now, messages) => new SoftwareEngine(domainKey, now, messages),
  unsupported: [],
  close: async () => undefined,
}));
