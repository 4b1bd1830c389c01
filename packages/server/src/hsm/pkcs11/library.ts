import { constants } from 'node:os';
import pkcs11, { type PKCS11 } from 'pkcs11js';
import { returnValue } from './return-values.ts';

const RTLD_NODELETE = 0x1000;

/**
 * Loads the library of the token's vendor. Node exports the symbols of its own OpenSSL, and a library that is
 * linked with another one would silently get those: SoftHSM then takes tampered PKCS#1 v1.5 blobs for keys.
 * RTLD_DEEPBIND makes it look into its own dependencies first. Loading it as an addon is the only way to say so;
 * that it is no addon is the error which is expected. The binding below then finds it loaded.
 */
export function loadLibrary(path: string): PKCS11 {
  const { RTLD_NOW, RTLD_DEEPBIND } = constants.dlopen;
  if (RTLD_DEEPBIND !== undefined) {
    try {
      process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_DEEPBIND | RTLD_NODELETE);
    } catch {
      // Whether it can be loaded at all, the next line tells.
    }
  }
  const library = new pkcs11.PKCS11();
  library.load(path);
  try {
    // Without it SoftHSM crashes as soon as two threads call.
    library.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  } catch (error) {
    throw new Error(`the library does not start (${returnValue(error)}): look at its own configuration`);
  }
  return library;
}
