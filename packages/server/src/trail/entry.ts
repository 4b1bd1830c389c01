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
  readonly caller: {
    readonly accountId: string;
    readonly type: 'root-account' | 'service';
    readonly principalId: string;
    readonly accessKeyId: string;
  };
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
