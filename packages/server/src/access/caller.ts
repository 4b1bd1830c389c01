/** Who is calling, once the signature was found right. */
export interface Caller {
  readonly accountId: string;
  /** `root-account`: the account itself, which may do everything in its own account. */
  readonly type: 'root-account';
  /** The account id for the account itself. */
  readonly principalId: string;
  readonly accessKeyId: string;
}
