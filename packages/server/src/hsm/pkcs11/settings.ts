import type { TokenName } from './protocol.ts';

/** How to reach a token, and how long and how much to wait for it. */
export interface TokenSettings {
  /** Path of the vendor's PKCS#11 library. */
  readonly library: string;
  readonly token: TokenName;
  /** File of the user's PIN, for its owner alone. Read at each connection, so that it can be changed. */
  readonly pinFile: string;
  /** A call is answered or given up within this time; making an RSA pair takes more. */
  readonly timeoutMs: number;
  /**
   * Calls that the token works on at once. 1 makes one after the other without a thread: best for a token in the
   * same machine (SoftHSM), where a thread costs more than the call. More are for a token behind a network.
   */
  readonly sessions: number;
  /** Calls not answered yet at most; one more is refused at once. */
  readonly queue: number;
}
