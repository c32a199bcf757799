import { optionError, formatValue } from '../options/checks.js';

/** The window of a rule: a calendar unit, or a sliding number of milliseconds. */
export type Period =
  | { readonly kind: 'rolling'; readonly ms: number }
  | { readonly kind: 'calendar'; readonly unit: CalendarUnit; readonly zone: Zone };

type CalendarUnit = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** One calendar window; Unix time in milliseconds. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = { s: SECOND, m: MINUTE, h: HOUR, d: DAY } as const;
const CALENDAR: readonly CalendarUnit[] = ['minute', 'hour', 'day', 'week', 'month'];
const LONGEST = 366 * DAY;

/** @throws TypeError for an invalid window, or a time zone that `Intl` does not know. */
export function parsePeriod(path: string, per: unknown, timeZone: unknown): Period {
  const unit = CALENDAR.find((word) => word === per);
  if (unit !== undefined) return { kind: 'calendar', unit, zone: zoneOf(`${path}.timeZone`, timeZone ?? 'UTC') };
  const ms = rollingMs(per);
  if (ms === undefined) {
    throw optionError(
      `${path}.per`,
      'must be "minute", "hour", "day", "week", "month", or a rolling window such as "30s", "1m", "24h" or "7d"',
      per ?? undefined,
    );
  }
  if (timeZone !== undefined && timeZone !== null) {
    throw new TypeError(
      `${path}.timeZone is for calendar windows ("day", "month" …), and ${formatValue(per)} is a rolling one.`,
    );
  }
  return { kind: 'rolling', ms };
}

function rollingMs(per: unknown): number | undefined {
  const match = typeof per === 'string' ? /^(\d{1,9})([smhd])$/.exec(per) : null;
  if (match === null) return undefined;
  const ms = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  return ms >= SECOND && ms <= LONGEST ? ms : undefined;
}

/** The window of `unit` that contains `now`. */
export function windowAt(unit: CalendarUnit, zone: Zone, now: number): Window {
  const local = zone.localAt(now);
  if (unit === 'minute' || unit === 'hour') {
    const size = unit === 'minute' ? MINUTE : HOUR;
    const start = now - modulo(local, size);
    return { start, end: start + size };
  }
  const day = Math.floor(local / DAY);
  if (unit === 'day') return { start: zone.startOf(day), end: zone.startOf(day + 1) };
  // Day 0 was a Thursday; weeks begin on Monday.
  if (unit === 'week') {
    const monday = day - modulo(day + 3, 7);
    return { start: zone.startOf(monday), end: zone.startOf(monday + 7) };
  }
  const date = new Date(local);
  const first = (months: number): number => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / DAY;
  return { start: zone.startOf(first(0)), end: zone.startOf(first(1)) };
}

/** Local time in one IANA time zone. Local times are milliseconds as if the local clock showed UTC. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError for an unknown time zone. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The local time at `at`. */
  localAt(at: number): number {
    const parts: Partial<Record<string, number>> = {};
    for (const { type, value } of this.#format.formatToParts(at)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) + modulo(at, SECOND);
  }

  /** The start of the local day with this number (days since 1970-01-01). */
  startOf(day: number): number {
    const midnight = day * DAY;
    const before = midnight - this.#offsetAt(midnight - DAY);
    const after = midnight - this.#offsetAt(midnight + DAY);
    const [early, late] = before < after ? [before, after] : [after, before];
    if (this.localAt(early) === midnight) return early;
    if (this.localAt(late) === midnight) return late;
    return this.#firstAfter(midnight, early, late);
  }

  #offsetAt(at: number): number {
    return this.localAt(at) - at;
  }

  /** Clocks were put forward over midnight, so the day begins at that change. */
  #firstAfter(midnight: number, from: number, to: number): number {
    let [low, high] = [from - HOUR, to + HOUR];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.localAt(middle) >= midnight) high = middle;
      else low = middle;
    }
    return high;
  }
}

function zoneOf(path: string, value: unknown): Zone {
  try {
    return new Zone(String(value));
  } catch {
    throw optionError(path, 'must be an IANA time zone such as "Europe/Zurich"', value);
  }
}

function modulo(value: number, size: number): number {
  return ((value % size) + size) % size;
}
