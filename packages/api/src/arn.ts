/** ARNs as KMS writes them: `acs:kms:<region>:<account>:<resource>`. */
export type Arn = `acs:${string}`;

const kms = (region: string, account: string, resource: string): Arn =>
  `acs:kms:${region}:${account}:${resource}`;

export const keyArn = (region: string, account: string, keyId: string): Arn =>
  kms(region, account, `key/${keyId}`);

/** `aliasName` is the full name, `alias/...`. */
export const aliasArn = (region: string, account: string, aliasName: string): Arn =>
  kms(region, account, aliasName);

export const keysArn = (region: string, account: string): Arn => kms(region, account, 'key');
export const aliasesArn = (region: string, account: string): Arn => kms(region, account, 'alias');
export const rootArn = (account: string): Arn => `acs:ram::${account}:root`;

export interface KeyArn {
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

/** The parts of a key ARN, or undefined where the text is not one. */
export function parseKeyArn(text: string): KeyArn | undefined {
  const match = /^acs:kms:([a-z0-9-]+):(\d{1,20}):key\/([A-Za-z0-9-]{1,64})$/.exec(text);
  const [, region, account, keyId] = match ?? [];
  return region && account && keyId ? { region, account, keyId } : undefined;
}
