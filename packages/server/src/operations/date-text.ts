/** `yyyy-MM-ddTHH:mm:ssZ`, or `""` for no time. */
export function dateText(time: number | null): string {
  return time === null ? '' : `${new Date(time).toISOString().slice(0, 19)}Z`;
}
