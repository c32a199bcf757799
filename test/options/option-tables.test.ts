import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionsPage } from '../../docs/generate-options.js';
import { authenticate, cache, createGateway, proxy, route, validate } from '../../src/index.js';
import { optionGroups } from '../support/option-groups.js';
import type { PublicGroup } from '../support/option-groups/public-group.js';

const rows = optionGroups.flatMap((entry) =>
  Object.entries(entry.group.rows).map(([name, row]) => ({ ...entry, name, row, title: `${entry.at}${name}` })),
);
const documented = rows.filter(({ row }) => !row.isInternal);

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return 'accepted';
}

const give = ({ take, base }: PublicGroup, options: object) => messageOf(() => take({ ...base, ...options }));

describe('every option', () => {
  it.each(rows)('$title: null means "not set"', (entry) => {
    const message = give(entry, { [entry.name]: null });
    if (entry.name in entry.base) expect(message).toContain(entry.name);
    else expect(message).toBe('accepted');
  });

  const WRONG = [-1.5, 'a\u0000b', [[]]];
  it.each(documented)('$title: a value of the wrong type is refused by its path', (entry) => {
    for (const value of WRONG) expect(give(entry, { [entry.name]: value })).toContain(`${entry.at}${entry.name}`);
  });

  it.each(documented)('$title: a misspelt name gets a suggestion', (entry) => {
    const misspelt = `${entry.name}x`;
    const message = give(entry, { [misspelt]: undefined });
    expect(message).toMatch(/unknown (option|hook|slot|trait) /);
    expect(message).toContain(`"${misspelt}". Did you mean "${entry.name}"?`);
  });

  it('an unknown name that is like no other lists the documented names, and no internal one', () => {
    const internal = rows.filter(({ row }) => row.isInternal);
    expect(internal.length).toBeGreaterThan(0);
    for (const entry of optionGroups) {
      const message = give(entry, { qqqqqqqqqq: undefined });
      const [, listed = ''] = /Known: (.*)\.$/.exec(message) ?? [];
      const names = Object.keys(entry.group.rows).filter((name) => entry.group.rows[name]?.isInternal === true);
      if (names.length < Object.keys(entry.group.rows).length) expect(listed, entry.heading).not.toBe('');
      else expect(message, entry.heading).toContain('It takes no options.');
      for (const name of names) expect(listed.split(', ')).not.toContain(name);
    }
  });

  it.each(documented)('$title: has a description, and its default is the one of its type', (entry) => {
    const { type, name, row } = entry;
    expect(row.text).toMatch(/\.$/);
    const code = /^`[^`]+`/.exec(row.shownDefault ?? '')?.[0];
    const isInlineType = ['providers.p.auth.', 'telemetry.callerMetrics.'].includes(entry.at);
    if (code !== undefined && !isInlineType) expect(`${name}: ${defaultIn(type, name)}`).toBe(`${name}: ${code}`);
  });
});

/** The `@defaultValue` of the doc comment of `name`, as far as it is code; of a type that `type` extends as well. */
function defaultIn([type, file]: PublicGroup['type'], name: string): string | undefined {
  const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
  const fromType = source.slice(source.search(new RegExp(`^export (interface|type) ${type}\\b`, 'm')));
  const declaration = fromType.slice(0, fromType.search(/^\}/m));
  const at = declaration.search(new RegExp(`^\\s*readonly ${name}\\??:`, 'm'));
  const base = /^[^{]* extends (\w+)/.exec(declaration)?.[1];
  if (at < 0 && base !== undefined) return defaultIn([base, file], name);
  const before = declaration.slice(0, at);
  return /@defaultValue (`[^`]+`)/.exec(before.slice(before.lastIndexOf('/**')))?.[1];
}

describe('options that were renamed', () => {
  const RENAMED: readonly [group: string, before: string, now: string][] = [
    ['timeouts.', 'headMs', 'headersMs'],
    ['timeouts.', 'firstEventMs', 'firstChunkMs'],
    ['', 'fillFrom', 'priceCatalog'],
    ['', 'overrides', 'callerOverrides'],
    ['callerOverrides.', 'origins', 'allowedOrigins'],
    ['', 'retryAmbiguous', 'retryNonIdempotent'],
    ['', 'hedge', 'hedging'],
    ['hedging.', 'afterMs', 'delayMs'],
    ['', 'onError', 'errorHandling'],
    ['hooks.', 'beforeUpstream', 'beforeAttempt'],
    ['hooks.', 'onAttempt', 'afterAttempt'],
    ['hooks.', 'afterAnswer', 'afterResponse'],
    ['cache.coalesce.', 'waitMs', 'joinTimeoutMs'],
    ['cache.coalesce.', 'maxFollowers', 'maxSubscribers'],
    ['drain: ', 'graceMs', 'timeoutMs'],
    ['drain: ', 'noticeMs', 'delayMs'],
  ];

  it.each(RENAMED)('%s%s is refused with the name it has now, %s', (at, before, now) => {
    const entries = optionGroups.filter(({ group, at: place }) => place === at && group.renamed.has(before));
    expect(entries).toHaveLength(1);
    for (const entry of entries) {
      expect(give(entry, { [before]: 1 })).toMatch(new RegExp(`unknown (option|hook) "${before}"\\. It is now ${now}`));
    }
  });

  it('are all listed here', () => {
    const listed = RENAMED.map(([, before]) => before).toSorted();
    expect(optionGroups.flatMap(({ group }) => [...group.renamed.keys()]).toSorted()).toEqual(listed);
  });
});

describe('createGateway and the stages', () => {
  const providers = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };

  it('take a format and a treatment of errors, by their types too', () => {
    const options = { errorFormat: 'openrouter', errorHandling: 'next', hooks: { onError: () => undefined } } as const;
    const made = [
      createGateway({ keys: ['k'], providers, ...options }),
      authenticate({ keys: ['k'], ...options }),
      validate({ ...options }),
      route({ providers, ...options }),
      cache({ ...options }),
      proxy({ ...options }),
    ];
    expect(made.map((each) => typeof each)).toEqual(Array.from(made, () => 'function'));
  });

  const MISPLACED: readonly [string, () => unknown, RegExp][] = [
    [
      'route',
      () => route({ providers, maxAttempts: 3 } as never),
      /^route: unknown option "maxAttempts"\. It is an option of proxy\.$/,
    ],
    [
      'validate',
      () => validate({ keys: ['k'] } as never),
      /^validate: unknown option "keys"\. It is an option of authenticate\.$/,
    ],
    [
      'proxy',
      () => proxy({ telemetry: {} } as never),
      /^proxy: unknown option "telemetry"\. It is an option of createGateway\.$/,
    ],
    [
      'createGateway',
      () => createGateway({ keys: ['k'], providers, ttlMs: 1 } as never),
      /"ttlMs"\. It is an option of cache\.$/,
    ],
    [
      'createGateway',
      () => createGateway({ keys: ['k'], providers, beforeRoute: () => undefined } as never),
      /"beforeRoute"\. It is an option of hooks\.$/,
    ],
  ];
  it.each(MISPLACED)('%s refuses an option of another stage with the name of that stage', (_where, act, message) => {
    expect(messageOf(act)).toMatch(message);
  });

  it('shows no name of Object.prototype as an option', () => {
    for (const name of ['constructor', 'toString', '__proto__x']) {
      expect(messageOf(() => validate({ [name]: 1 } as never))).toMatch(/unknown option .*Known: bodyLimit, /);
    }
  });
});

it('docs/options.md is what `node docs/generate-options.ts` writes', () => {
  expect(readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8')).toBe(optionsPage(optionGroups));
});
