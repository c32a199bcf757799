// Timestamps in the text of events, from which the receiver computes their latency.

/** Microseconds of a clock that all processes of one machine share. */
export function microsNow(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanos / 1e3);
}

const DIGITS = 16;
const MARK = 0x40; // @

/** `micros` as text of fixed length. */
export function stamp(micros: number): string {
  return `@${String(micros).padStart(DIGITS, '0')}@`;
}

/** Calls `found` for every complete timestamp in `bytes`. Timestamps that are split between two reads are not counted. */
export function eachStamp(bytes: Buffer, found: (micros: number) => void): void {
  let from = bytes.indexOf(MARK);
  while (from >= 0 && from + DIGITS + 1 < bytes.length) {
    const micros =
      bytes[from + DIGITS + 1] === MARK ? Number(bytes.toString('latin1', from + 1, from + DIGITS + 1)) : NaN;
    if (!Number.isNaN(micros)) found(micros);
    from = bytes.indexOf(MARK, from + (Number.isNaN(micros) ? 1 : DIGITS + 2));
  }
}
