import { readFileSync } from 'node:fs';
import type { SpendRecord } from 'nordlys-proxy';
import { NANO } from './set-up.ts';

/** What an upstream bills for one attempt. */
export interface Bill {
  readonly mark: string;
  readonly upstream: string;
  /** The client's request id. */
  readonly id: string;
  readonly caller: string;
  readonly nano: number;
  /** The response was sent to its end, with its usage. */
  completed?: boolean;
}

/** A line of the ledger of the gateways. */
export interface LedgerLine {
  readonly gateway: string;
  readonly record: SpendRecord;
}

/** Bills by mark; a second line with the same mark means that the response was completed. */
export function readBills(paths: readonly string[]): readonly Bill[] {
  const bills = new Map<string, Bill>();
  for (const line of paths.flatMap(linesOf<Bill | { readonly mark: string; readonly completed: boolean }>)) {
    if ('nano' in line) bills.set(line.mark, line);
    else bills.get(line.mark)!.completed = line.completed;
  }
  return [...bills.values()];
}

/** Each record once, by its idempotency key, and how many lines there were. */
export function readLedger(path: string): { readonly lines: readonly LedgerLine[]; readonly deliveries: number } {
  const all = linesOf<LedgerLine>(path);
  const byId = new Map(all.map((line) => [line.record.requestId, line]));
  return { lines: [...byId.values()], deliveries: all.length };
}

export function nanoIn(usd: number | undefined): number {
  return Math.round((usd ?? 0) * NANO);
}

/** A kill may have come in the middle of a line. */
function linesOf<T>(path: string): readonly T[] {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line): T[] => {
    try {
      return [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
}
