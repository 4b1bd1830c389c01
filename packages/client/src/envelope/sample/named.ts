import { type Recognised, recognise } from '../format/recognise.ts';

const NAMES: Readonly<Record<Exclude<Recognised, 'unknown'>, string>> = {
  envelope: 'an envelope of this library',
  'envelope-base64': 'the Base64 text of an envelope of this library',
  'envelope-text-damaged': 'an envelope of this library that was changed by a transfer in text mode',
  'sdk-message': 'an Encryption SDK message (DER form)',
  'sdk-stream': 'an Encryption SDK message (stream form)',
  sample: 'a four-line sample file',
  age: 'an age file',
  'aws-encryption-sdk': 'what seems to be a message of the AWS Encryption SDK',
};

/** What an input is that was expected to be something else, where it is known. */
export function nameOfOther(start: Uint8Array, expected: Recognised): string | undefined {
  const is = recognise(start);
  return is === 'unknown' || is === expected ? undefined : NAMES[is];
}
