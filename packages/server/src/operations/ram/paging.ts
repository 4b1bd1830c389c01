import { ApiError } from '@keyhold/api/errors.ts';

/** RAM 8.1. */
const DEFAULT_MAX_ITEMS = 100;

/**
 * The items after the marker of the page before. A marker says after which one that page ended, so that pages
 * neither repeat nor skip items that were there all the time, whatever is made and deleted in between.
 */
export function pageAfter<T>(
  items: readonly T[],
  placeOf: (item: T) => string,
  { marker, maxItems = DEFAULT_MAX_ITEMS }: { marker: string | undefined; maxItems: number | undefined },
  parameter = 'Marker',
): { readonly page: readonly T[]; readonly next: string | undefined } {
  const after = marker === undefined ? undefined : readMarker(marker, parameter);
  const rest = items
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((a, b) => (a.place < b.place ? -1 : 1));
  const page = rest.slice(0, maxItems);
  const last = page.at(-1);
  const next = last === undefined || rest.length === page.length ? undefined : writeMarker(last.place);
  return { page: page.map(({ item }) => item), next };
}

/** `pageAfter` with the parameters and members of RAM's lists. */
export function pageOf<T>(
  items: readonly T[],
  placeOf: (item: T) => string,
  params: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
) {
  const wanted = { marker: params.Marker, maxItems: params.MaxItems };
  const { page, next } = pageAfter(items, placeOf, wanted);
  const truncation = next === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: next };
  return { page, truncation };
}

/** Opaque to callers; names nothing they have not seen. */
const writeMarker = (place: string): string => Buffer.from(JSON.stringify([place])).toString('base64url');

function readMarker(marker: string, parameter: string): string {
  try {
    const [place] = JSON.parse(Buffer.from(marker, 'base64url').toString());
    if (typeof place === 'string') return place;
  } catch {
    // not a marker of ours: refused below
  }
  throw new ApiError('InvalidParameter', { parameter });
}
