import { EnvelopeError } from '../envelope-error.ts';

export const invalidMessage = (what: string): EnvelopeError =>
  new EnvelopeError('InvalidHeader', `the Encryption SDK message cannot be read: ${what}`);
