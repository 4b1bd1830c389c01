import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { openPkcs11Token } from '../hsm/pkcs11-token.ts';
import { softwareToken } from '../hsm/software-token.ts';
import { newSoftHsm } from '../hsm/test-kit/soft-hsm.ts';
import type { Token } from '../hsm/token.ts';
import { testDirectory } from '../store/conformance/sqlite-files.ts';
import { wayInConformance } from './conformance/way-in.ts';
import { createRootKeyFile, openRootKeyFile } from './file.ts';
import { openPassphraseFile } from './passphrase.ts';
import { combineShares, newShares } from './shares/recovery-key.ts';
import { tokenRootKey } from './token.ts';

const directory = testDirectory();
let count = 0;
const newPath = () => join(directory, String(count++));

async function newFile() {
  const path = newPath();
  await createRootKeyFile(path);
  return openRootKeyFile(path);
}
wayInConformance('a file', 'file', async () => ({ rootKey: await newFile(), other: await newFile() }));

function newPassphrase() {
  const path = newPath();
  writeFileSync(path, `a passphrase, number ${count}\n`, { mode: 0o600 });
  return openPassphraseFile(path);
}
const passphrases = async () => ({ rootKey: await newPassphrase(), other: await newPassphrase() });
wayInConformance('a passphrase', 'passphrase', passphrases, 13);

const software = softwareToken();
const otherSoftware = softwareToken();
wayInConformance('the software token', 'token', async () => ({
  rootKey: tokenRootKey(software),
  other: tokenRootKey(otherSoftware),
}));

const hsm = newSoftHsm();
let token: Token | undefined;
after(async () => {
  await token?.close();
  hsm[Symbol.dispose]();
});
wayInConformance('SoftHSM', 'token', async () => {
  token ??= await openPkcs11Token(hsm.settings);
  return { rootKey: tokenRootKey(token), other: tokenRootKey(otherSoftware) };
});

const recoveryKey = async () => combineShares((await newShares(5, 3)).shares.slice(1, 4));
wayInConformance('shares', 'shares', async () => ({
  rootKey: await recoveryKey(),
  other: await recoveryKey(),
}));
