import { parseKeyArn } from '@keyhold/api/arn.ts';
import { UsageError } from '../exit-codes.ts';

/** A key as people name it: `[profile@][region:]key`, where key is an id, an alias, or an ARN, which has its region. */
export interface KeyName {
  readonly profile: string | undefined;
  readonly region: string | undefined;
  /** What DescribeKey takes. */
  readonly key: string;
  /** Where it needs no looking up. */
  readonly arn: string | undefined;
}

const PARTS = /^(?:(?<profile>[^@:/]+)@)?(?:(?<region>[a-z]{2,3}-[a-z0-9-]+):)?(?<key>[A-Za-z0-9][^@]*)$/;
const ALIAS_ARN = /^acs:kms:([a-z0-9-]+):\d+:(alias\/.+)$/;
const KEY = /^(alias\/.+|[A-Za-z0-9-]+)$/;

/** Throws UsageError. */
export function parseKeyName(text: string): KeyName {
  const { profile, region, key = '' } = PARTS.exec(text)?.groups ?? {};
  const arn = parseKeyArn(key);
  if (arn && region === undefined) return { profile, region: arn.region, key: arn.keyId, arn: key };
  const [, aliasRegion, alias] = ALIAS_ARN.exec(key) ?? [];
  if (aliasRegion && alias && region === undefined)
    return { profile, region: aliasRegion, key: alias, arn: undefined };
  if (KEY.test(key)) return { profile, region, key, arn: undefined };
  throw new UsageError(
    `${JSON.stringify(text)} names no key: a key id, alias/<name> or an ARN is expected, with <profile>@ or <region>: before it where it is elsewhere`,
  );
}
