import pkcs11, { type Handle, type PKCS11 } from 'pkcs11js';
import { loadLibrary } from './library.ts';
import { NEEDED } from './mechanisms.ts';
import { type Connecting, nameOf, type TokenName } from './protocol.ts';
import { Sessions } from './sessions.ts';

/** The state of a session in which a user is logged in and may write (PKCS#11 2.40, section 4.1). */
const CKS_RW_USER_FUNCTIONS = 3;

/** Logged in to a token, in the process that holds it. */
export interface Connection {
  readonly library: PKCS11;
  /** Open all the time: keeps the login and everything that lives in the token's memory. */
  readonly home: Handle;
  readonly sessions: Sessions;
  /** With one session a call blocks this process; with several each is made in a thread. */
  readonly threads: boolean;
  /** Throws where the token is not there any more, or nobody is logged in. */
  check(): void;
}

/** Throws an error that says what is wrong; `CKR_PIN_…` where it is the PIN. */
export function connect({ library: path, token, sessions }: Connecting, pin: string): Connection {
  const library = loadLibrary(path);
  const slot = findSlot(library, token);
  const { flags } = library.C_GetTokenInfo(slot);
  if (flags & pkcs11.CKF_USER_PIN_LOCKED) throw new Error('CKR_PIN_LOCKED: the PIN of the token is locked');
  const offered = new Set(library.C_GetMechanismList(slot));
  const missing = Object.keys(NEEDED).filter((name) => !offered.has(NEEDED[name] ?? 0));
  if (missing.length > 0) throw new Error(`the token ${nameOf(token)} does not offer ${missing.join(', ')}`);
  const pool = new Sessions(library, slot, sessions);
  const home = pool.open();
  library.C_Login(home, pkcs11.CKU_USER, pin);
  return {
    library,
    home,
    sessions: pool,
    threads: sessions > 1,
    check() {
      library.C_GetTokenInfo(slot);
      if (library.C_GetSessionInfo(home).state !== CKS_RW_USER_FUNCTIONS) throw new Error('logged out');
    },
  };
}

function findSlot(library: PKCS11, token: TokenName): Handle {
  const slots = library.C_GetSlotList(true);
  const fitting = slots.filter((slot) =>
    'label' in token
      ? library.C_GetTokenInfo(slot).label.trim() === token.label
      : slot.readUIntLE(0, Math.min(slot.length, 6)) === token.slot,
  );
  const [slot] = fitting;
  if (slot && fitting.length === 1) return slot;
  const found = fitting.length === 0 ? 'no token' : `${fitting.length} tokens`;
  throw new Error(`there is ${found} ${nameOf(token)} in the ${slots.length} slots of the library`);
}
