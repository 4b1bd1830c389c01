import assert from 'node:assert/strict';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation, ResponseOf } from '@keyhold/api/operation.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import type { Caller } from '../../../access/caller.ts';
import type { Kms } from '../../../kms.ts';
import { Directories } from '../../../ram/directories.ts';
import { LastUses } from '../../../ram/last-uses.ts';
import {
  ACCOUNT,
  newDomainKey,
  OTHER_ACCOUNT,
  sealedAccessKey,
  TIME,
} from '../../../ram/test-kit/samples.ts';
import { cached } from '../../../store/cached-store.ts';
import { sampleAccount } from '../../../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../../../store/conformance/sqlite-files.ts';
import type { CallOf, Handler } from '../../handler.ts';

export const ROOT_KEY = 'LTAIroot';

export const root: Caller = {
  type: 'root-account',
  accountId: ACCOUNT,
  principalId: ACCOUNT,
  accessKeyId: ROOT_KEY,
};

export const otherRoot: Caller = { ...root, accountId: OTHER_ACCOUNT, principalId: OTHER_ACCOUNT };

type Wire = Readonly<Record<string, string>>;

export interface RamPlace {
  readonly kms: Kms;
  /** Runs a handler with parameters as clients send them, and holds its answer against the contract. */
  call<O extends Operation>(
    handler: Handler<O>,
    wire: Wire,
    by?: Caller,
    now?: number,
  ): Promise<ResponseOf<O>>;
  /** The call is refused with a code that the contract lists. */
  refuses(handler: Handler, wire: Wire, code: string, by?: Caller): Promise<ApiError>;
}

/** Opens servers of two accounts for RAM alone: real handlers, rules, cache and database. */
export function ramPlaces(): () => Promise<RamPlace> {
  const openEmpty = emptyStores(testDirectory());
  return async () => {
    const { store: database } = await openEmpty();
    const domainKey = newDomainKey();
    const limits = { keys: 9, versions: 9, aliases: 9, accessKeys: 99, clock: () => 0 };
    const store = cached(database, limits);
    for (const [accountId, id] of [
      [ACCOUNT, ROOT_KEY],
      [OTHER_ACCOUNT, 'LTAIother'],
    ] as const) {
      await store.accounts.create(
        sampleAccount({ accountId }),
        sealedAccessKey(domainKey, id, { accountId }),
      );
    }
    // What operations of RAM reach.
    const kms = {
      store,
      ram: new Directories(domainKey, store.ram),
      lastUses: new LastUses(store.ram),
    } as unknown as Kms;
    return { kms, ...callsTo(kms) };
  };
}

function callsTo(kms: Kms): Pick<RamPlace, 'call' | 'refuses'> {
  async function call<O extends Operation>(
    { operation, run }: Handler<O>,
    wire: Wire,
    by = root,
    now = TIME,
  ) {
    const params = readParameters(operation.request, new Map(Object.entries(wire)));
    const view = { params, caller: by, now, requestId: 'R' } as unknown as CallOf<O>;
    const answer = await run(kms, view);
    assert.deepEqual(operation.response.parse(answer), answer, `${operation.action} answers its contract`);
    return answer;
  }
  async function refuses(handler: Handler, wire: Wire, code: string, by = root): Promise<ApiError> {
    const error = await call(handler, wire, by).then(
      () => assert.fail(`${handler.operation.action} was to answer ${code}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ApiError)) throw error;
    assert.equal(error.code, code, error.message);
    if (code !== 'MissingParameter') assert.ok(handler.operation.errors.includes(error.code), code);
    return error;
  }
  return { call, refuses };
}
