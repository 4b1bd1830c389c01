import assert from 'node:assert/strict';
import { ACTIONTRAIL } from '@keyhold/api/actiontrail/product.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import { RAM } from '@keyhold/api/ram/product.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import type { Answer, Identity, Rig } from '../rig.ts';
import type { Server } from '../server.ts';
import type { ProtectionLevel } from '../yesterday.ts';

/** Operations of KMS go by their names, those of others have the product in front: `ram:CreateUser`. */
const PRODUCTS = new Map([
  ['ram', RAM],
  ['sts', STS],
  ['actiontrail', ACTIONTRAIL],
]);

/** The calls that programs written for the vendor make, once, for every client. */
export interface Step {
  readonly title: string;
  /** The operations it stands for; those that merely set the scene are left out. */
  readonly operations: readonly string[];
  readonly run: (scene: Scene) => Promise<void>;
}

export const step = (title: string, operations: string, run: Step['run']): Step => ({
  title,
  operations: operations.split(' ').filter((name) => name !== ''),
  run,
});

/** A client lacks the operation, or a parameter of it: no failure of the server. */
export class NotOffered extends Error {
  readonly operation: string;
  constructor(operation: string) {
    super(`the client does not offer ${operation}`);
    this.operation = operation;
  }
}

/** A client that signs as somebody: as the account itself where nobody is named. */
export class Caller {
  readonly #rig: Rig;
  readonly #offered: Set<string>;
  readonly #as: Identity | undefined;

  constructor(rig: Rig, offered: Set<string>, as?: Identity) {
    this.#rig = rig;
    this.#offered = offered;
    this.#as = as;
  }

  async answer(operation: string, parameters: Record<string, unknown> = {}): Promise<Answer> {
    const [action = '', prefix = ''] = operation.split(':').reverse();
    const answer = await this.#rig.call(action, parameters, PRODUCTS.get(prefix) ?? KMS, this.#as);
    if (answer.missing === true) throw new NotOffered(operation);
    if (answer.missing) throw new NotOffered(`${operation} ${answer.missing}`);
    this.#offered.add(operation);
    for (const name of Object.keys(parameters)) this.#offered.add(`${operation} ${name}`);
    return answer;
  }

  async call(operation: string, parameters: Record<string, unknown> = {}): Promise<Body> {
    const { body, error } = await this.answer(operation, parameters);
    if (error) assert.fail(`${operation}: ${error.code} ${error.status ?? ''} ${error.message ?? ''}`);
    return new Body(body);
  }

  /** What the client tells of a refusal, which must be this one. */
  async refuses(
    code: string,
    status: number,
    operation: string,
    parameters: Record<string, unknown> = {},
  ): Promise<NonNullable<Answer['error']>> {
    const { error } = await this.answer(operation, parameters);
    assert.equal(error?.code, code, `${operation}: ${error?.message ?? 'was not refused'}`);
    // Java keeps no status.
    if (error.status !== undefined) assert.equal(error.status, status, `${operation}: HTTP status`);
    return error;
  }
}

/** What a client's process and server have in common for all steps. */
export interface Setting {
  readonly rig: Rig;
  readonly server: Server;
  /** Keeps the names of several clients apart. */
  readonly name: string;
  /** The operations that the client turned out to have. */
  readonly offered: Set<string>;
  readonly file: Buffer;
  /** A text with line breaks. */
  readonly pem: string;
}

export class Scene extends Caller {
  readonly alias: string;
  readonly name: string;
  readonly server: Server;
  readonly file: Buffer;
  readonly pem: string;
  readonly #setting: Setting;
  key = '';
  otherKey = '';
  arn = '';
  pemBlob = '';
  /** The key that took material, of each protection level. */
  readonly importedKeys = new Map<ProtectionLevel, string>();
  /** Of the chapters about access. */
  user: Identity | undefined;
  session: Identity | undefined;
  /** AccessDeniedDetail of a refusal. */
  denial: Readonly<Record<string, unknown>> | undefined;

  constructor(setting: Setting) {
    super(setting.rig, setting.offered);
    this.#setting = setting;
    this.name = setting.name;
    this.server = setting.server;
    this.alias = `alias/Apollo/WorkKey-${setting.name}`;
    this.file = setting.file;
    this.pem = setting.pem;
  }

  as(identity: Identity | undefined): Caller {
    assert.ok(identity, 'nobody is there to sign as: an earlier step failed');
    return new Caller(this.#setting.rig, this.#setting.offered, identity);
  }

  async keyState(key = this.key): Promise<string> {
    return (await this.call('DescribeKey', { KeyId: key })).text('KeyMetadata.KeyState');
  }
}

/** An answer as a client handed it out. */
export class Body {
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }

  /** The text at a path of member names; absent is empty, as typed clients have it. */
  text(path: string): string {
    return String(at(this.#value, path.split('.')) ?? '');
  }

  /** One member of every entry of a list. */
  list(path: string, member: string): string[] {
    return this.entries(path).map((entry) => entry.text(member));
  }

  /** The values of a list of texts. */
  texts(path: string): string[] {
    return this.entries(path).map((entry) => String(entry.#value));
  }

  /**
   * The entries of a list like `Keys.Key`. Java's typed answers leave the wrapper out, Go's leave an
   * empty list out of the wrapper.
   */
  entries(path: string): Body[] {
    const names = path.split('.');
    const wrapper = at(this.#value, names.slice(0, -1));
    assert.ok(wrapper instanceof Object, `${path} is not there: ${JSON.stringify(this.#value)}`);
    const entries = Array.isArray(wrapper) ? wrapper : (at(wrapper, names.slice(-1)) ?? []);
    assert.ok(Array.isArray(entries), `${path} is not a list: ${JSON.stringify(this.#value)}`);
    return entries.map((entry) => new Body(entry));
  }
}

function at(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) => (inner instanceof Object ? Reflect.get(inner, name) : undefined),
    value,
  );
}
