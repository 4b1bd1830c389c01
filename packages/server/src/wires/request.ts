/** An HTTP request as the wires see it, before anything in it is believed. */
export interface RawRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Lower-case names; several headers of one name are in one array, in order of arrival. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly remoteAddress: string;
  readonly tls: boolean;
}

export type Format = 'JSON' | 'XML';

/** A request whose shape is understood and whose signature is not yet checked. */
export interface SignedRequest {
  readonly style: 'RPC' | 'ACS3';
  readonly version: string;
  readonly action: string;
  /** Decoded, without the common parameters; flattened lists are still flat. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The RegionId parameter, where sent. */
  readonly regionId: string | undefined;
  /** What identifies the caller; undefined for the anonymous operations of STS. */
  readonly signature: SignatureClaim | undefined;
}

/** What a request says about who signed it, and how to find out whether that is true. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** The nonce, or the signature itself where the client sent none (legacy KMS clients). */
  readonly replayToken: string;
  /**
   * Checks the signature with the secret. Returns the parameters to execute with: usually those of the
   * request; without the empty ones where only the legacy canonicalisation fitted, with the winning value
   * where a name stood in query and body. Throws SignatureDoesNotMatch with the string to sign.
   */
  verify(secret: SigningSecret): ReadonlyMap<string, string>;
}

/** An access key secret, ready for both schemes without being derived again for each request. */
export interface SigningSecret {
  /** HMAC-SHA1 or HMAC-SHA256 under `<secret>&`, Base64. */
  rpc(algorithm: 'sha1' | 'sha256', stringToSign: string): Buffer;
  /** HMAC-SHA256 or HMAC-SM3 under the bare secret. */
  acs3(algorithm: 'sha256' | 'sm3', stringToSign: string): Buffer;
  /** The bare secret, for ACS4's key chain. */
  acs4(date: string, region: string, product: string, stringToSign: string): Buffer;
}
