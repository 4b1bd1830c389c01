const UNRESERVED = /^[A-Za-z0-9\-_.~]*$/;
const LEFT_BY_ECMASCRIPT = /[!'()*]/g;

export type Encode = (text: string) => string;

/**
 * RFC 3986 percent-encoding of the UTF-8 form: all but `A-Z a-z 0-9 - _ . ~` becomes `%XX`, upper-case hex.
 * Throws URIError for text with an unpaired surrogate, which has no UTF-8 form.
 */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    LEFT_BY_ECMASCRIPT,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
