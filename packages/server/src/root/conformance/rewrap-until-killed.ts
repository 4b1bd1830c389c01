import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../store/open-store.ts';
import { openByAnyWay } from '../open-domain-key.ts';
import { newRootKey, rewrap } from '../rewrap.ts';
import { DAILY_KINDS } from '../root-key.ts';
import { RootKeys } from '../root-keys.ts';

// The program that rewrap.test.ts kills: it goes from one way in to the other and says which it begins.
const [database = '', rootKeyFile = '', passphraseFile = ''] = process.argv.slice(2);
const store = await openSqliteStore(database);
// The one killed before may hold the lease for a minute.
const ports = {
  settings: store.settings,
  leases: { take: async () => true, release: async () => undefined },
};
const all = { replaces: true, removes: DAILY_KINDS };

for (;;) {
  for (const kind of ['passphrase', 'file'] as const) {
    writeSync(1, `${kind}\n`);
    await using rootKeys = new RootKeys({ rootKeyFile, passphraseFile });
    using domainKey = await openByAnyWay(store.settings, rootKeys, database);
    const rootKey = await newRootKey(store.settings, rootKeys, kind, all);
    await rewrap(ports, domainKey, rootKey, all);
  }
}
