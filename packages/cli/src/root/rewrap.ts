import { openByAnyWay } from '@keyhold/server/root/open-domain-key.ts';
import { RootKeys } from '@keyhold/server/root/root-keys.ts';
import { kindNamed, makeWayIn, type WayInOptions, withDatabase } from './way-in.ts';

/** `keyhold root rewrap`: one more way into the domain key, or another one. */
export async function rewrapCommand(options: WayInOptions): Promise<void> {
  kindNamed(options.to);
  await withDatabase(async (store, config, path) => {
    await using rootKeys = new RootKeys(config);
    using domainKey = await openByAnyWay(store.settings, rootKeys, path);
    await makeWayIn(store, config, domainKey, { options, replaces: options.removeOld === true });
  });
}
