import { sqlAccounts } from './accounts.ts';
import { sqlAliases } from './aliases.ts';
import type { Database } from './database.ts';
import { sqlKeys } from './keys.ts';
import { sqlLeases } from './leases.ts';
import { sqlRam } from './ram.ts';
import { sqlSettings } from './settings.ts';
import type { Store } from './store.ts';
import { sqlTags } from './tags.ts';

/** The store on a database whose tables are up to date. */
export function sqlStore(database: Database): Store {
  return {
    keys: sqlKeys(database),
    aliases: sqlAliases(database),
    tags: sqlTags(database),
    accounts: sqlAccounts(database),
    ram: sqlRam(database),
    settings: sqlSettings(database),
    leases: sqlLeases(database),
    changedElsewhere: () => database.changedElsewhere(),
    close: () => database.close(),
  };
}
