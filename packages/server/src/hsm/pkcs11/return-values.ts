/** The return values that mean something to us (PKCS#11 2.40, section 5.1; 3.0 for the last). */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  CKR_ARGUMENTS_BAD: 'not-possible',
  CKR_MECHANISM_INVALID: 'not-possible',
  CKR_MECHANISM_PARAM_INVALID: 'not-possible',
  CKR_FUNCTION_NOT_SUPPORTED: 'not-possible',
  CKR_KEY_FUNCTION_NOT_PERMITTED: 'not-possible',
  CKR_TEMPLATE_INCONSISTENT: 'not-possible',
  CKR_TEMPLATE_INCOMPLETE: 'not-possible',
  CKR_ATTRIBUTE_TYPE_INVALID: 'not-possible',
  CKR_ATTRIBUTE_VALUE_INVALID: 'not-possible',
  CKR_ATTRIBUTE_READ_ONLY: 'not-possible',
  CKR_KEY_SIZE_RANGE: 'bad-data',
  CKR_KEY_NOT_WRAPPABLE: 'bad-data',
  CKR_ENCRYPTED_DATA_INVALID: 'bad-data',
  CKR_ENCRYPTED_DATA_LEN_RANGE: 'bad-data',
  CKR_WRAPPED_KEY_INVALID: 'bad-data',
  CKR_WRAPPED_KEY_LEN_RANGE: 'bad-data',
  CKR_DATA_INVALID: 'bad-data',
  CKR_DATA_LEN_RANGE: 'bad-data',
  // SoftHSM has no other word for a wrong tag or padding.
  CKR_GENERAL_ERROR: 'bad-data',
  CKR_FUNCTION_FAILED: 'bad-data',
  CKR_AEAD_DECRYPT_FAILED: 'bad-data',
  CKR_KEY_HANDLE_INVALID: 'stale-handle',
  CKR_OBJECT_HANDLE_INVALID: 'stale-handle',
  CKR_UNWRAPPING_KEY_HANDLE_INVALID: 'stale-handle',
  CKR_PIN_INCORRECT: 'wrong-pin',
  CKR_PIN_LOCKED: 'wrong-pin',
  CKR_PIN_INVALID: 'wrong-pin',
  CKR_PIN_LEN_RANGE: 'wrong-pin',
};

/**
 * `bad-data` may also be a token in trouble: believe it only when the token answers a check afterwards. What is
 * not in the table is trouble.
 */
export type Meaning = 'not-possible' | 'bad-data' | 'stale-handle' | 'wrong-pin' | 'trouble';

/** The binding tells return values apart by text alone, and not always in the same one. */
export const returnValue = (error: unknown): string =>
  /CKR_[A-Z0-9_]+/.exec(String(error))?.[0] ?? 'a failure of the binding';

export const meaningOf = (error: unknown): Meaning => MEANINGS[returnValue(error)] ?? 'trouble';
