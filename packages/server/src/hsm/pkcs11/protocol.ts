/** What the server asks of the process that holds the token. The fields of each are those of its handler. */
export const CALL = {
  connect: 1,
  check: 2,
  makeKey: 3,
  mac: 4,
  seal: 5,
  open: 6,
  makeWrappingPair: 7,
  importKey: 8,
  destroy: 9,
  list: 10,
  random: 11,
} as const;
export type Call = keyof typeof CALL;

export const ANSWER = {
  /** With the results. */
  done: 1,
  /** The bytes do not open: no results. */
  doesNotOpen: 2,
  /** The refusal and a sentence. */
  refused: 3,
  /** A sentence; the connection is good. */
  failed: 4,
  /** A sentence; the connection is gone. */
  lost: 5,
  /** A sentence; trying again needs another PIN. */
  wrongPin: 6,
} as const;

/** What is needed to connect, besides the PIN. */
export interface Connecting {
  readonly library: string;
  readonly token: TokenName;
  readonly sessions: number;
}

/** A slot number may change with every start of a token's software; a label does not. */
export type TokenName = { readonly label: string } | { readonly slot: number };

export const nameOf = (token: TokenName): string =>
  'label' in token ? `"${token.label}"` : `in slot ${token.slot}`;
