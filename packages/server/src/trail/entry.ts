/**
 * One entry of the trail. Field names are short because every call writes one: 18 000 a second at full rate.
 * Values are what the caller sent or got, by the contract's allow-list; never plaintext, never ciphertext.
 */
export interface Entry {
  /**
   * `call`: something was asked and answered. `intent`: a write is about to start; a crash before its `call`
   * entry leaves the outcome unknown. `service`: the server did something by itself. `break`: an operator
   * accepted that earlier entries are lost.
   */
  readonly kind: 'call' | 'intent' | 'service' | 'break';
  /** When the request was read, milliseconds since 1970. */
  readonly time: number;
  readonly requestId: string;
  /** API version and action, `2016-01-20` and `Encrypt`. */
  readonly version: string;
  readonly action: string;
  readonly region: string;
  readonly caller: EntryCaller;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly tls: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly response?: Readonly<Record<string, unknown>>;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** ARNs of the resources the call named, in the order of its grants. */
  readonly resources: readonly string[];
  /** Why it was allowed or denied. */
  readonly reasons: readonly string[];
  /** What the replay guard needs after a restart: the nonce (or signature) and the request's own time. */
  readonly replay?: { readonly token: string; readonly timestamp: number };
}

/** How long a write may take: an intent that has no result after it has none at all. */
export const UNDER_WAY_MS = 60_000;

/** Who called; `oidc-user` is somebody with a token of a registered issuer who has no session yet. */
export interface EntryCaller {
  readonly accountId: string;
  readonly type: 'root-account' | 'ram-user' | 'assumed-role' | 'oidc-user' | 'service';
  /** Account id, user id, `<role id>:<session name>`, or the subject of the token. */
  readonly principalId: string;
  /** Empty for `oidc-user` and `service`. */
  readonly accessKeyId: string;
  /** User name, or `<role name>:<session name>`; absent for the others. */
  readonly userName?: string;
  /** Of a role session: when it began (milliseconds) and the principal id of who assumed the role. */
  readonly session?: { readonly startedAt: number; readonly assumedBy: string };
}
