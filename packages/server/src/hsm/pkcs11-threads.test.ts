import { after } from 'node:test';
import { tokenConformance } from './conformance/suite.ts';
import { openPkcs11Token } from './pkcs11-token.ts';
import { newSoftHsm, SOFT_HSM_UNSUPPORTED } from './test-kit/soft-hsm.ts';

const hsm = newSoftHsm();
after(() => hsm[Symbol.dispose]());

const open = () => openPkcs11Token({ ...hsm.settings, sessions: 4 });
tokenConformance('SoftHSM, several calls at once', open, SOFT_HSM_UNSUPPORTED);
