import { readFileSync } from 'node:fs';
import type { SpendRecord } from 'nordlys-proxy';
import { NANO } from './set-up.ts';

/** What an upstream bills for one attempt. */
export interface Bill {
  readonly mark: string;
  readonly upstream: string;
  /** The client's request id. */
  readonly id: string;
  /** Number of the attempt within its request. */
  readonly attempt: number;
  readonly caller: string;
  readonly nano: number;
}

/** A line of the ledger of the gateways. */
export interface LedgerLine {
  readonly gateway: string;
  readonly record: SpendRecord;
}

export function readBills(paths: readonly string[]): readonly Bill[] {
  return paths.flatMap((path) => linesOf<Bill>(path));
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
export function linesOf<T>(path: string): readonly T[] {
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
