import { openSync, readFileSync, writeSync } from 'node:fs';

/** An attempt as its upstream recorded it. Times are of `now()`. */
export interface Attempt {
  /** Names the upstream process and the attempt; part of every word of its response. */
  readonly mark: string;
  readonly upstream: string;
  /** The client's request id. */
  readonly id: string;
  readonly script: string;
  /** The script is not a fault. */
  readonly sound: boolean;
  readonly begunAt: number;
  /** Missing where the upstream was killed before the end. */
  readonly end?: AttemptEnd;
}

interface AttemptEnd {
  readonly at: number;
  readonly completed: boolean;
  readonly bytesSent: number;
  readonly closedBy: 'client' | 'server' | undefined;
}

type Line = { readonly begin: Omit<Attempt, 'end'> } | { readonly mark: string; readonly end: AttemptEnd };

/** Appends to a file synchronously: written lines survive a kill. */
export function ledgerWriter(path: string): (line: Line) => void {
  const file = openSync(path, 'a');
  return (line) => void writeSync(file, `${JSON.stringify(line)}\n`);
}

/** Every attempt in these files, by start time. */
export function readLedgers(paths: readonly string[]): Attempt[] {
  const attempts = new Map<string, Attempt>();
  for (const text of paths.map(textOfFile)) {
    for (const row of text.split('\n')) {
      const line = parsed(row);
      if (line === undefined) continue;
      if ('begin' in line) attempts.set(line.begin.mark, line.begin);
      else attempts.set(line.mark, { ...attempts.get(line.mark)!, end: line.end });
    }
  }
  return [...attempts.values()].sort((a, b) => a.begunAt - b.begunAt);
}

function textOfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The last line may be cut by a kill. */
function parsed(row: string): Line | undefined {
  try {
    return JSON.parse(row) as Line;
  } catch {
    return undefined;
  }
}
