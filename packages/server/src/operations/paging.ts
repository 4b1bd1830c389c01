import type { PageRequest } from '../store/store.ts';

const DEFAULT_PAGE_SIZE = 10;

/** PageNumber and PageSize as a request to the store, and as the counts of the answer (KMS semantics 16). */
export function pageOf(params: { PageNumber?: number | undefined; PageSize?: number | undefined }) {
  const { PageNumber = 1, PageSize = DEFAULT_PAGE_SIZE } = params;
  const request: PageRequest = { offset: (PageNumber - 1) * PageSize, limit: PageSize };
  return { request, counts: (TotalCount: number) => ({ TotalCount, PageNumber, PageSize }) };
}
