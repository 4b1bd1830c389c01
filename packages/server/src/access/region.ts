/**
 * The region a request is meant for: its RegionId, else a label of the host name it was sent to
 * (`kms.cn-hangzhou.example.com`), else the first configured one. A region that is not served is not refused:
 * clients send one by habit (wire protocol 1.2).
 */
export function pickRegion(
  regions: readonly string[],
  regionId: string | undefined,
  host: string | readonly string[] | undefined,
): string {
  const [first] = regions;
  if (first === undefined) throw new Error('no region is configured');
  if (regionId !== undefined && regions.includes(regionId)) return regionId;
  if (regions.length === 1 || typeof host !== 'string') return first;
  const labels = host.toLowerCase().replace(/:\d+$/, '').split('.');
  return labels.find((label) => regions.includes(label)) ?? first;
}
