import { invalidParameter } from './form.ts';

/** A nonce is any text of 1 to 128 characters (wire protocol 1.2); undefined where there is none. */
export function nonceOf(text: string | undefined, name: string): string | undefined {
  if (text && text.length > 128) throw invalidParameter(name);
  return text || undefined;
}
