import type { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import type { Reason } from './policy/combine.ts';

/** Why a call was refused, as DecodeDiagnosticMessage tells it. */
export interface Diagnosis {
  readonly action: string;
  readonly resource: string;
  readonly principalType: string;
  readonly principalName: string;
  readonly explicit: boolean;
  readonly policyType: string;
  /** What decided; empty where nothing allowed it. */
  readonly reasons: readonly Reason[];
  /** The condition keys that were looked at, and what the request had for them. */
  readonly conditions: readonly { readonly key: string; readonly values: readonly string[] }[];
}

/** How long a message can be decoded. */
const LIFETIME_MS = 24 * 60 * 60 * 1000;
/** Bytes that every diagnosis takes, long ones without their ends. */
const SIZE = 3072;
const MOST_LISTED = 20;
/** Characters, of which JSON writes some as six bytes: both fit, whatever they are. */
const MOST_OF_RESOURCE = 320;
const MOST_OF_NAME = 128;

/**
 * Diagnoses travel with the refusal, sealed: the refused caller cannot read which policies there are, whoever
 * may decode them can. Nothing is stored.
 */
export class Diagnoses {
  readonly #domainKey: DomainKey;

  constructor(domainKey: DomainKey) {
    this.#domainKey = domainKey;
  }

  encode(accountId: string, diagnosis: Diagnosis, now: number): string {
    using content = new SecretBytes(fitted({ ...diagnosis, now }));
    return this.#domainKey.sealMessage(purpose(accountId), content).toString('base64url');
  }

  /** Of the same account only. */
  decode(accountId: string, message: string, now: number): Diagnosis | 'unknown' | 'expired' {
    const diagnosis = this.#read(accountId, message);
    if (diagnosis === undefined) return 'unknown';
    return now - diagnosis.now > LIFETIME_MS ? 'expired' : diagnosis;
  }

  #read(accountId: string, message: string): (Diagnosis & { readonly now: number }) | undefined {
    try {
      using content = this.#domainKey.openMessage(purpose(accountId), Buffer.from(message, 'base64url'));
      return JSON.parse(Buffer.from(content.open()).toString());
    } catch {
      return undefined;
    }
  }
}

/**
 * Always of one length: that would tell whether there are tags, and so whether there is a key, also where the
 * caller chooses the rest so that a byte more takes another block.
 */
function fitted(diagnosis: Diagnosis & { readonly now: number }): Buffer {
  const resource = diagnosis.resource.slice(0, MOST_OF_RESOURCE);
  const principalName = diagnosis.principalName.slice(0, MOST_OF_NAME);
  const reasons = diagnosis.reasons.slice(0, MOST_LISTED);
  const conditions = diagnosis.conditions.slice(0, MOST_LISTED);
  for (;;) {
    const cut = { ...diagnosis, resource, principalName, reasons, conditions };
    const bytes = Buffer.from(JSON.stringify(cut));
    if (bytes.length <= SIZE) return Buffer.concat([bytes, Buffer.alloc(SIZE - bytes.length, ' ')]);
    if ((conditions.pop() ?? reasons.pop()) === undefined) throw new RangeError('a diagnosis is too long');
  }
}

const purpose = (accountId: string): readonly string[] => ['diagnosis', accountId];
