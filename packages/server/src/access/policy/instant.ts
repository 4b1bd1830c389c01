const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Milliseconds since 1970 of an ISO 8601 time with zone, `2012-11-11T23:59:59Z` or `…T17:00:00+08:00`. Undefined
 * for days and times that are none, and for leap seconds, which clocks of computers do not show.
 */
export function parseInstant(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [, local = '', fraction = '', sign, hours = '00', minutes = '00'] = match;
  const asUtc = Date.parse(`${local}.${fraction.padEnd(3, '0')}Z`);
  if (Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(local)) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? asUtc + offset : asUtc - offset;
}
