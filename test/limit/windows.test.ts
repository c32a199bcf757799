import { describe, expect, it } from 'vitest';
import { parsePeriod, windowAt, Zone } from '../../src/limit/windows.js';

const at = (iso: string): number => Date.parse(iso);
const shown = (unit: Parameters<typeof windowAt>[0], zone: string, iso: string): [string, string] => {
  const { start, end } = windowAt(unit, new Zone(zone), at(iso));
  return [new Date(start).toISOString(), new Date(end).toISOString()];
};

describe('calendar windows', () => {
  it.each([
    ['minute', 'UTC', '2026-03-01T10:20:30.400Z', '2026-03-01T10:20:00.000Z', '2026-03-01T10:21:00.000Z'],
    ['hour', 'Asia/Kolkata', '2026-03-01T10:20:30Z', '2026-03-01T09:30:00.000Z', '2026-03-01T10:30:00.000Z'],
    ['day', 'UTC', '2026-03-01T00:00:00Z', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['day', 'UTC', '2026-03-01T23:59:59.999Z', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['day', 'America/Los_Angeles', '2026-01-01T07:59:59Z', '2025-12-31T08:00:00.000Z', '2026-01-01T08:00:00.000Z'],
    ['day', 'Pacific/Kiritimati', '2026-01-01T12:00:00Z', '2026-01-01T10:00:00.000Z', '2026-01-02T10:00:00.000Z'],
    ['week', 'UTC', '2026-03-01T12:00:00Z', '2026-02-23T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
    ['week', 'UTC', '2026-03-02T00:00:00Z', '2026-03-02T00:00:00.000Z', '2026-03-09T00:00:00.000Z'],
    ['month', 'UTC', '2024-02-29T23:00:00Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['month', 'Europe/Zurich', '2025-12-31T23:30:00Z', '2025-12-31T23:00:00.000Z', '2026-01-31T23:00:00.000Z'],
  ] as const)('%s in %s at %s', (unit, zone, now, start, end) => expect(shown(unit, zone, now)).toEqual([start, end]));

  it.each([
    // 23 hours: clocks go forward in the night.
    ['Europe/Zurich', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    // 25 hours: clocks go back.
    ['Europe/Zurich', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['Europe/Zurich', '2026-10-25T00:30:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['America/New_York', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    // Half an hour.
    ['Australia/Lord_Howe', '2026-04-05T00:00:00Z', '2026-04-04T13:00:00.000Z', '2026-04-05T13:30:00.000Z'],
    // There is no midnight: the day begins at one.
    ['America/Santiago', '2025-09-07T12:00:00Z', '2025-09-07T04:00:00.000Z', '2025-09-08T03:00:00.000Z'],
    // Midnight comes twice: the day begins with the first.
    ['America/Havana', '2025-11-02T12:00:00Z', '2025-11-02T04:00:00.000Z', '2025-11-03T05:00:00.000Z'],
  ] as const)('a day of %s at %s', (zone, now, start, end) => expect(shown('day', zone, now)).toEqual([start, end]));

  it('follow one another without gap or overlap, over years and in every hour of them', () => {
    for (const zone of ['Europe/Zurich', 'America/Santiago', 'America/Havana', 'Africa/Cairo', 'Asia/Beirut']) {
      const clocks = new Zone(zone);
      let { start, end } = windowAt('day', clocks, at('2025-01-01T12:00:00Z'));
      for (let days = 0; days < 400; days++) {
        const next = windowAt('day', clocks, end);
        expect(next.start).toBe(end);
        expect(windowAt('day', clocks, next.end - 1)).toEqual(next);
        expect(end - start).toBeGreaterThanOrEqual(23 * 3_600_000);
        ({ start, end } = next);
      }
    }
  });
});

describe('per', () => {
  it.each([
    ['30s', 30_000],
    ['1m', 60_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('%s rolls', (per, ms) => expect(parsePeriod('rules[0]', per, undefined)).toEqual({ kind: 'rolling', ms }));

  it.each([
    ['0s', undefined, /rules\[0\]\.per must be "minute"/],
    ['1y', undefined, /must be "minute"/],
    ['367d', undefined, /must be "minute"/],
    [undefined, undefined, /or "7d"\.$/],
    [60, undefined, /got 60/],
    ['1m', 'UTC', /rules\[0\]\.timeZone is for calendar windows/],
    [
      'day',
      'Mars/Olympus',
      /rules\[0\]\.timeZone must be an IANA time zone such as "Europe\/Zurich", got "Mars\/Olympus"/,
    ],
  ])('%s in %s is refused', (per, zone, message) => expect(() => parsePeriod('rules[0]', per, zone)).toThrow(message));
});
