/** `text` as it may appear between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A coordinate: one digit after the point is finer than any screen here. */
export function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}

/** `1234` → `1,234`, `12345` → `12.3 k`. */
export function compact(count: number): string {
  if (count >= 1_000_000) return `${digits(count / 1_000_000)} M`;
  if (count >= 10_000) return `${digits(count / 1_000)} k`;
  return digits(count);
}

/** USD, with as many digits as it takes to see something. */
export function usd(amount: number): string {
  if (amount === 0) return '$0';
  if (amount < 0.000_1) return '< $0.0001';
  return amount < 0.1 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`;
}

/** Seconds in a readable form: `90 ms`, `1.2 s`, `15 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 120) return `${digits(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${digits(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

export function percent(share: number): string {
  if (share > 0.99 && share < 1) return `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;
  return `${Math.round(share * 100)} %`;
}

function digits(value: number): string {
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en-US') : value.toFixed(1);
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) if (!Number.isNaN(value)) total += value;
  return total;
}

/** The largest of `values`; 0 of none. */
export function largest(values: readonly number[]): number {
  let top = 0;
  for (const value of values) if (value > top) top = value;
  return top;
}

/** The next of 1, 2, 5 × 10ⁿ: a scale that ends in a number people can read. */
export function scaleTop(value: number): number {
  if (!(value > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return magnitude * ([1, 2, 5].find((step) => value <= step * magnitude) ?? 10);
}
