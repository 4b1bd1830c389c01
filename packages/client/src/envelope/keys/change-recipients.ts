import type { KeyObject } from 'node:crypto';
import { EnvelopeError } from '../envelope-error.ts';
import { contextForKms, writeContext } from '../format/context.ts';
import { type Header, type HeaderParts, UNCHANGING_BYTES } from '../format/header.ts';
import { identifierOf, type Recipient } from '../format/recipients.ts';
import { type Connect, encryptDataKey, parseCmk } from './data-keys.ts';
import { wrapForRecovery } from './recovery.ts';

export interface RecipientChanges {
  /** Key ARNs and recovery public keys that shall open the file too. One that is there already is renewed. */
  readonly add?:
    | { readonly cmks?: readonly string[]; readonly recoveryKeys?: readonly KeyObject[] }
    | undefined;
  /** Key ARNs, and fingerprints of recovery keys as `inspect` shows them. What they read is not revoked. */
  readonly remove?: readonly string[] | undefined;
  /** Encrypt the data key again under every CMK that stays: after a rotation, with the new version. */
  readonly renew?: boolean | undefined;
}

/** The header with other recipients, still without length and tag. Asks KMS once per new or renewed CMK. */
export async function changeRecipients(
  header: Header,
  dataKey: Uint8Array,
  contextBytes: Uint8Array,
  changes: RecipientChanges,
  connect: Connect | undefined,
): Promise<HeaderParts> {
  const names = header.recipients.map(identifierOf);
  const unknown = (changes.remove ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new EnvelopeError(
      'InvalidRecipient',
      `the file has no recipient ${unknown.join(', ')}: inspect it to see whom it has`,
    );
  }
  const stay = header.recipients.filter((recipient) => !changes.remove?.includes(identifierOf(recipient)));
  const recoveries = (changes.add?.recoveryKeys ?? []).map((key) => wrapForRecovery(key, dataKey));
  const renewed = changes.renew
    ? stay.flatMap((recipient) => (recipient.kind === 'cmk' ? [recipient.cmk] : []))
    : [];
  const wrap = (arn: string): Promise<Recipient> => {
    const cmk = parseCmk(arn);
    if (!connect)
      throw new EnvelopeError('InvalidOption', `there is no connection to KMS to encrypt for ${arn}`);
    return encryptDataKey(cmk, connect(cmk), dataKey, contextForKms(contextBytes));
  };
  const cmks = await Promise.all([...new Set([...renewed, ...(changes.add?.cmks ?? [])])].map(wrap));
  const fresh: Recipient[] = [...cmks, ...recoveries];
  const replaced = (old: Recipient): boolean =>
    fresh.some((one) => one.kind === old.kind && identifierOf(one) === identifierOf(old));
  return {
    unchanging: header.bytes.subarray(0, UNCHANGING_BYTES),
    contextBytes: header.context ? writeContext(header.context) : new Uint8Array(0),
    recipients: [...stay.filter((recipient) => !replaced(recipient)), ...fresh],
  };
}
