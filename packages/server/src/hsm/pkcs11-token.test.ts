import { after } from 'node:test';
import { tokenConformance } from './conformance/suite.ts';
import { openPkcs11Token } from './pkcs11-token.ts';
import { newSoftHsm, SOFT_HSM_UNSUPPORTED } from './test-kit/soft-hsm.ts';

const hsm = newSoftHsm();
after(() => hsm[Symbol.dispose]());

tokenConformance(
  'SoftHSM, one call after another',
  () => openPkcs11Token(hsm.settings),
  SOFT_HSM_UNSUPPORTED,
);
