import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { ANTHROPIC_MEMBERS } from '../../src/formats/anthropic/members.js';
import type { MemberFate } from '../../src/formats/shared/member-table.js';
import { publishedKeys } from '../fixtures/cases.js';
import { PROBES, type Probe } from './anthropic-probes.js';

const CONTEXT = {
  model: {
    upstreamModel: 'claude-opus-4-6',
    maxCompletionTokens: undefined,
    traits: { prefill: true, temperatureWithTopP: true },
  },
  stream: false,
  requestId: 'r',
  now: 1,
};
const format = anthropic();

describe('the table of members', () => {
  it('has a probe for every row, and a row for every probe', () => {
    expect(Object.keys(PROBES).toSorted()).toEqual(ANTHROPIC_MEMBERS.map(({ member }) => member).toSorted());
  });

  it('names every top-level member of the published request', () => {
    const prefix = 'CompletionsChatCompletionRequest.';
    const published = publishedKeys.request
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
    const known = new Set(ANTHROPIC_MEMBERS.map(({ member }) => member));
    expect(published.length).toBeGreaterThan(40);
    expect(published.filter((member) => !known.has(member))).toEqual([]);
  });

  for (const row of ANTHROPIC_MEMBERS) {
    it(`${row.member} is ${row.fate}`, () => {
      const probe = PROBES[row.member]!;
      expect(fateOf(probe)).toEqual({ fate: row.fate });
      if (row.sentAs !== undefined) expect(pathsIn(bodyOf(probe))).toContain(row.sentAs);
    });
    for (const value of row.neutral ?? []) {
      if (/[.[]/.test(row.member)) continue;
      it(`${row.member}: ${JSON.stringify(value)} requests nothing`, () => {
        expect(fateOf({ request: { [row.member]: value } })).toEqual({ fate: 'ignored' });
      });
    }
  }
});

/** What became of a member: by what the body has more than without it, what is reported, and what is thrown. */
function fateOf(probe: Probe): { readonly fate: MemberFate } {
  try {
    const { body, dropped } = exchange(probe.request);
    const without = exchange(probe.without ?? {});
    if (dropped.length > without.dropped.length) return { fate: 'dropped' };
    return { fate: JSON.stringify(body) === JSON.stringify(without.body) ? 'ignored' : 'sent' };
  } catch (error) {
    if (error instanceof UnsupportedRequest) return { fate: 'refused' };
    throw error;
  }
}

function bodyOf({ request }: Probe): unknown {
  return exchange(request).body;
}

function exchange(members: Partial<ChatRequest>) {
  const request = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }], ...members } as ChatRequest;
  // `model` is the endpoint's, and `stream` what the gateway decided.
  const upstreamModel = request.model === 'm' ? CONTEXT.model.upstreamModel : request.model!;
  return format.exchange!(request, {
    ...CONTEXT,
    model: { ...CONTEXT.model, upstreamModel },
    stream: request.stream === true,
  });
}

/** Paths of all members, `[]` for any item of a list. */
function pathsIn(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = at === '' ? key : `${at}.${key}`;
    return [path, ...pathsIn(inner, path)];
  });
}
