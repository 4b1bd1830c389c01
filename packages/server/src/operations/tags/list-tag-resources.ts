import { ApiError } from '@keyhold/api/errors.ts';
import { ListTagResources } from '@keyhold/api/kms/tags.ts';
import { handler } from '../handler.ts';

/** KMS semantics 9. */
const ROWS_PER_PAGE = 200;

interface Cursor {
  readonly keyId: string;
  readonly tagKey: string;
}

export const listTagResources = handler(ListTagResources, async (kms, { params, home }) => {
  const rows = await kms.store.tags.search(home, {
    keyIds: params.ResourceId ?? [],
    tags: (params.Tag ?? []).map(({ Key, Value }) => ({ tagKey: Key, tagValue: Value })),
    after: params.NextToken === undefined ? null : readToken(params.NextToken),
    limit: ROWS_PER_PAGE + 1,
  });
  const page = rows.slice(0, ROWS_PER_PAGE);
  const last = page.at(-1);
  const TagResource = page.map(({ keyId, tagKey, tagValue }) => ({
    ResourceId: keyId,
    ResourceType: 'key',
    TagKey: tagKey,
    TagValue: tagValue,
  }));
  const NextToken = rows.length > page.length && last ? writeToken(last) : '';
  return { TagResources: { TagResource }, NextToken };
});

/** Opaque to callers; names nothing they have not seen. */
const writeToken = ({ keyId, tagKey }: Cursor): string =>
  Buffer.from(JSON.stringify([keyId, tagKey])).toString('base64url');

function readToken(token: string): Cursor {
  try {
    const [keyId, tagKey] = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof keyId === 'string' && typeof tagKey === 'string') return { keyId, tagKey };
  } catch {
    // not a token of ours: refused below
  }
  throw new ApiError('InvalidParameter', { parameter: 'NextToken' });
}
