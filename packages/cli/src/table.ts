import { visible } from './visible.ts';

/** Lines with aligned columns; the last one is as wide as it is. What cells hold makes no line of its own. */
export function tableText(table: readonly (readonly string[])[]): string {
  const rows = table.map((row) => row.map((cell) => visible(cell).replaceAll('\n', '\\u000a')));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}
