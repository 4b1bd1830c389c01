import type { RamTag } from '../../../ram/records.ts';

type WireTag = { readonly Key: string; readonly Value?: string | undefined };

export const tagsOf = (tags: readonly WireTag[] | undefined): readonly RamTag[] =>
  (tags ?? []).map(({ Key, Value }) => ({ tagKey: Key, tagValue: Value ?? '' }));

/** As the lists of roles and policies show them. */
export const shownTags = (tags: readonly RamTag[]) => ({
  Tag: tags.map(({ tagKey, tagValue }) => ({ TagKey: tagKey, TagValue: tagValue })),
});
