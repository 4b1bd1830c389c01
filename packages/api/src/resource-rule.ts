/**
 * A resource of KMS that the operation touches, and where the request names it.
 *
 * - `key`: a key named by `parameter`, or by `alternative` where that is absent; `alias: true` where a full
 *   alias name is accepted too.
 * - `ciphertextKey`: the key named inside the ciphertext blob in `parameter`.
 * - `listedKeys`: every key named in the list `parameter`; the container of all keys where the list is absent.
 * - `alias`: the alias itself, named by `parameter`.
 * - `aliasTarget`: the key that the alias named by `parameter` points to now.
 * - `keys`, `aliases`: the container of all keys or aliases of the account in the region.
 * - `service`: no resource of its own (`*`).
 */
export type KmsResourceRule =
  | {
      readonly kind: 'key';
      readonly parameter: string;
      readonly alternative?: string;
      readonly alias?: true;
    }
  | { readonly kind: 'ciphertextKey' | 'listedKeys' | 'alias' | 'aliasTarget'; readonly parameter: string }
  | { readonly kind: 'keys' | 'aliases' | 'service' };

/**
 * A resource of RAM or ActionTrail, and where the request names it (RAM 8.2).
 *
 * - `user`, `group`, `role`, `trail`, `oidcProvider`: named by `parameter`; `orCaller: true` where an absent name means the
 *   calling user; `ifGiven: true` where an absent name means nothing.
 * - `policy`: a custom policy named by `parameter`; a system policy where `typeParameter` says `System`.
 * - `listedByType`: every name in the list `parameter`, of the kind that `typeParameter` says (`role` or
 *   `policy`); the container of that kind where the list is absent.
 * - `roleArn`: the role whose ARN is in `parameter`, which may be one of another account; nothing where absent.
 * - `users`, `groups`, `roles`, `policies`, `trails`, `oidcProviders`: the container of all of the account.
 */
export type AccountResourceRule =
  | {
      readonly kind: 'user';
      readonly parameter: string;
      readonly orCaller?: true;
      readonly ifGiven?: true;
    }
  | {
      readonly kind: 'group' | 'role' | 'roleArn' | 'trail' | 'oidcProvider';
      readonly parameter: string;
    }
  | { readonly kind: 'policy'; readonly parameter: string; readonly typeParameter?: string }
  | { readonly kind: 'listedByType'; readonly parameter: string; readonly typeParameter: string }
  | { readonly kind: 'users' | 'groups' | 'roles' | 'policies' | 'trails' | 'oidcProviders' };

export type ResourceRule = KmsResourceRule | AccountResourceRule;

/** The caller must be allowed `action` on the resource; an operation may need several grants. */
export interface Grant {
  readonly action: `${string}:${string}`;
  readonly resource: ResourceRule;
}
