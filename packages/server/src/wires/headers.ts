import type { RawRequest } from './request.ts';

const NONE: readonly string[] = [];

/** Every value of a header, in order of arrival. */
export function headerValues(raw: RawRequest, name: string): readonly string[] {
  const value = raw.headers[name];
  if (value === undefined) return NONE;
  return typeof value === 'string' ? [value] : value;
}
