/** Longer words are not compared: they are hardly misspelt names, and the cost grows with the square of the length. */
const LONGEST_WORD = 128;

/** The known name that `word` was probably meant to be. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > LONGEST_WORD) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = 1 + Math.max(1, Math.floor(wanted.length / 4));
  for (const name of known) {
    const distance = distanceBelow(bestDistance, wanted, name.toLowerCase());
    if (distance >= bestDistance) continue;
    best = name;
    bestDistance = distance;
  }
  return best;
}

/** ` Did you mean "…"?`, to append to a sentence; empty where no name is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const name = nearest(word, known);
  return name === undefined ? '' : ` Did you mean "${name}"?`;
}

/** Compares without the author as well, which is often added or left out: `gpt-5` and `openai/gpt-5` are near. */
function distanceBelow(limit: number, wanted: string, name: string): number {
  const whole = editDistanceBelow(limit, wanted, name);
  if (!wanted.includes('/') && !name.includes('/')) return whole;
  const bare = editDistanceBelow(limit, lastSegment(wanted), lastSegment(name));
  return Math.min(whole, bare + 0.5);
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Damerau-Levenshtein distance of two words; `limit` where it is that or more. */
function editDistanceBelow(limit: number, a: string, b: string): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const removed = at(rows, row - 1, column) + 1;
      const added = at(rows, row, column - 1) + 1;
      const replaced = at(rows, row - 1, column - 1) + (same ? 0 : 1);
      const exchanged = swapped ? at(rows, row - 2, column - 2) + 1 : limit;
      current.push(Math.min(removed, added, replaced, exchanged));
    }
  }
  return at(rows, a.length, b.length);
}

function at(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
}
