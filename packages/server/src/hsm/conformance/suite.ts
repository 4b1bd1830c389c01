import { after, before, describe, test } from 'node:test';
import type { ImportAlgorithm, Token } from '../token.ts';
import { importsConformance } from './imports.ts';
import { labelsConformance } from './labels.ts';
import { messagesConformance } from './messages.ts';
import { wrappedSecretsConformance } from './wrapped-secrets.ts';

/** What a part of the suite gets: one token for all, and a label that nobody else has. */
export interface TokenTest {
  readonly test: (title: string, body: (token: Token, label: string) => Promise<void>) => void;
  readonly unsupported: readonly ImportAlgorithm[];
}

/** The contract of `Token` as tests. `unsupported` is what this one cannot import safely. */
export function tokenConformance(
  name: string,
  open: () => Promise<Token>,
  unsupported: readonly ImportAlgorithm[] = [],
): void {
  describe(name, () => {
    let token: Token;
    let count = 0;
    before(async () => {
      token = await open();
    });
    after(() => token?.close());
    const tokenTest: TokenTest = {
      test: (title, body) => test(title, () => body(token, `test/${name.replaceAll(' ', '-')}/${count++}`)),
      unsupported,
    };
    for (const part of [
      messagesConformance,
      labelsConformance,
      importsConformance,
      wrappedSecretsConformance,
    ]) {
      part(tokenTest);
    }
  });
}
