import type { DomainKey } from '../../keys/domain-key.ts';
import type { AccessKey } from '../../store/store.ts';
import type { Directory } from '../directory.ts';
import { LoadedDirectory } from '../loaded-directory.ts';
import type { RamPlan } from '../plan.ts';
import { placeOf, recordOf, rowOf } from '../rows.ts';
import { ACCOUNT, sealedAccessKey } from './samples.ts';

/** RAM of one account without a store: plans are carried out on maps. */
export class PlainRam {
  readonly #domainKey: DomainKey;
  readonly #rows = new Map<string, ReturnType<typeof rowOf>>();
  readonly #accessKeys = new Map<string, AccessKey>();
  directory: Directory;

  constructor(domainKey: DomainKey, ...accessKeys: readonly AccessKey[]) {
    this.#domainKey = domainKey;
    for (const accessKey of accessKeys) this.#accessKeys.set(accessKey.accessKeyId, accessKey);
    this.directory = this.#load();
  }

  do<T>({ result, put = [], remove = [], accessKey }: RamPlan<T>): T {
    for (const record of remove) this.#rows.delete(JSON.stringify(placeOf(record)));
    for (const record of put) this.#rows.set(JSON.stringify(placeOf(record)), rowOf(record));
    if (accessKey?.do === 'remove') this.#accessKeys.delete(accessKey.accessKeyId);
    if (accessKey?.do === 'switch') {
      const { accessKeyId } = accessKey.accessKey;
      this.#accessKeys.set(accessKeyId, { ...accessKey.accessKey, status: accessKey.status });
    }
    if (accessKey?.do === 'make') {
      const { pair, ...fields } = accessKey;
      this.#accessKeys.set(pair.id, sealedAccessKey(this.#domainKey, pair.id, fields));
    }
    this.directory = this.#load();
    return result;
  }

  #load(): Directory {
    const loaded = { accountId: ACCOUNT, revision: 0, accessKeys: [...this.#accessKeys.values()] };
    return new LoadedDirectory(loaded, [...this.#rows.values()].map(recordOf));
  }
}
