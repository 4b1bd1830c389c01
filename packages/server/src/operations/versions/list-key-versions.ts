import { ListKeyVersions } from '@keyhold/api/kms/versions.ts';
import { handler } from '../handler.ts';
import { pageOf } from '../paging.ts';
import { shownVersion } from './shown-version.ts';

export const listKeyVersions = handler(ListKeyVersions, async (kms, { key, params }) => {
  const page = pageOf(params);
  const { total, rows } = await kms.store.keys.listVersions(key('KeyId').keyId, page.request);
  return { KeyVersions: { KeyVersion: rows.map(shownVersion) }, ...page.counts(total) };
});
