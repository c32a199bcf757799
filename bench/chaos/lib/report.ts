/** One figure, and whether it meets its gate. */
export interface Row {
  readonly name: string;
  readonly figure: string | number;
  /** The gate as text; none for figures that are only shown. */
  readonly gate?: string;
  readonly passed?: boolean;
}

/** Prints the figures as a table. @returns whether every gate was passed */
export function printTable(title: string, rows: readonly Row[]): boolean {
  const cells = rows.map(({ name, figure, gate, passed }) => [
    name,
    typeof figure === 'number' ? figure.toLocaleString('en') : figure,
    gate === undefined ? '' : `${gate}: ${passed === true ? 'yes' : 'NO'}`,
  ]);
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  print(`\n${title}`);
  for (const [name, figure, gate] of cells)
    print(`  ${name!.padEnd(widths[0]!)}  ${figure!.padStart(widths[1]!)}  ${gate!}`);
  return rows.every(({ gate, passed }) => gate === undefined || passed === true);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
