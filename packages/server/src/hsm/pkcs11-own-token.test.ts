import { test } from 'node:test';
import { tokenConformance } from './conformance/suite.ts';
import { openPkcs11Token } from './pkcs11-token.ts';

/** Whether a token is fit for keys: see docs/hsm.md. What the suite makes has labels that begin with `test/`. */
const { KEYHOLD_TEST_TOKEN_LIBRARY: library, KEYHOLD_TEST_TOKEN_PIN_FILE: pinFile } = process.env;

if (library && pinFile) {
  const label = process.env.KEYHOLD_TEST_TOKEN ?? 'keyhold';
  const limits = { timeoutMs: 60_000, sessions: 1, queue: 1000 };
  tokenConformance(`${label}, ${Date.now()}`, () =>
    openPkcs11Token({ library, token: { label }, pinFile, ...limits }),
  );
} else {
  test('a token of your own', { skip: 'KEYHOLD_TEST_TOKEN_LIBRARY and _PIN_FILE name none' }, () => {});
}
