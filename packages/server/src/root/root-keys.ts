import type { TokenSettings } from '../hsm/pkcs11/settings.ts';
import { type Pkcs11Token, pkcs11Token } from '../hsm/pkcs11-token.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { StartError } from '../start-error.ts';
import { openRootKeyFile } from './file.ts';
import { openPassphraseFile } from './passphrase.ts';
import { DAILY_KINDS, type DailyKind, type RootKey } from './root-key.ts';
import { tokenRootKey } from './token.ts';

export interface RootKeyChoice {
  readonly rootKeyFile: string;
  readonly passphraseFile: string | undefined;
  readonly hsm?: TokenSettings | undefined;
  /** The one to open with; by default the passphrase where it is set, else the file. */
  readonly rootKey?: DailyKind | undefined;
}

/** The root keys that the settings name. To be disposed of: a token is held by a process. */
export class RootKeys implements AsyncDisposable {
  readonly choice: RootKeyChoice;
  /** The one to open with, and then the others. */
  readonly order: readonly DailyKind[];
  #token: Pkcs11Token | undefined;

  constructor(choice: RootKeyChoice) {
    this.choice = choice;
    const first = choice.rootKey ?? (choice.passphraseFile === undefined ? 'file' : 'passphrase');
    this.order = [first, ...DAILY_KINDS.filter((kind) => kind !== first)];
  }

  get first(): DailyKind {
    return this.order[0] ?? 'file'; // never empty
  }

  /** Throws StartError where the settings name none, or what they name cannot be read; else `TokenUnavailable`. */
  async get(kind: DailyKind): Promise<RootKey> {
    const { rootKeyFile, passphraseFile } = this.choice;
    if (kind === 'file') return openRootKeyFile(rootKeyFile);
    if (kind === 'token') return tokenRootKey(await this.#openToken());
    if (passphraseFile === undefined) throw new StartError('KEYHOLD_ROOT_PASSPHRASE_FILE is not set');
    return openPassphraseFile(passphraseFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const token = this.#token;
    this.#token = undefined;
    await token?.close();
  }

  /** It goes on trying by itself, and tries no PIN twice that was refused: tokens lock themselves. */
  async #openToken(): Promise<Pkcs11Token> {
    const { hsm } = this.choice;
    if (hsm === undefined) throw new StartError('KEYHOLD_HSM_LIBRARY is not set');
    this.#token ??= pkcs11Token(hsm);
    const token = this.#token;
    await token.connected.catch(() => undefined);
    const { up, problem } = token.health();
    if (!up) throw new TokenUnavailable(`${token.source} is not available: ${problem}`);
    return token;
  }
}
