import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/util/clock.js';
import { createValidator } from '../../src/validate/validate.js';
import { GatewayError } from '../../src/errors/gateway-error.js';
import { bytesOf, invalidCases, validCases, type InvalidCase, type ValidCase } from '../fixtures/cases.js';
import { decisions } from './decisions.js';
import { acceptedCases, OVERRULED } from './own-cases.js';

const validator = createValidator({}, systemClock);
const NO_EDITS = { set: {}, remove: new Set<string>() };

/** Rows that a later stage of the gateway rejects, or that it leaves to the provider. */
const NOT_HERE = new Set([
  // No model was named: `route` knows whether there is a default.
  'model-missing',
  'model-empty',
]);

describe('requests that OpenAI accepts', () => {
  it.each(validCases.filter((row) => row.certainty === 'certain'))('accepts $name and forwards its meaning', (row) => {
    expectForwarded(row);
  });
});

describe('requests that break a rule of JSON or of the schema', () => {
  const rows = invalidCases.filter(
    (row) =>
      row.certainty === 'certain' &&
      ['json', 'schema'].includes(row.layer) &&
      !NOT_HERE.has(row.name) &&
      !OVERRULED.has(row.name),
  );
  it.each(rows)('refuses $name', (row) => {
    expectRefused(row);
  });
});

describe('requests that break a rule between members, or of one model', () => {
  const rows = invalidCases.filter(
    (row) => row.certainty === 'certain' && (['semantic', 'model'].includes(row.layer) || NOT_HERE.has(row.name)),
  );
  it.each(rows)('leaves $name to a later stage', (row) => {
    expect(() => validator.parse(bytesOf(row))).not.toThrow();
  });
});

describe('debatable requests', () => {
  const rows = [...validCases, ...invalidCases].filter(
    (row) => row.certainty === 'debatable' || OVERRULED.has(row.name),
  );
  // Those of HTTP itself are in the tests of `readBody`.
  const bodies = rows.filter((row) => !('layer' in row && row.layer === 'transport'));

  it('have a decision in the docs, each of them and no other', () => {
    const names = [...rows, ...acceptedCases].map((row) => row.name);
    expect([...decisions.keys()].sort()).toEqual(names.sort());
  });

  it.each(bodies.filter((row) => decisions.get(row.name) === 'accepted'))('accepts $name', (row) => {
    if ('layer' in row) expect(() => validator.parse(bytesOf(row))).not.toThrow();
    else expectForwarded(row);
  });

  it.each(bodies.filter((row) => decisions.get(row.name) === 'refused'))('refuses $name', (row) => {
    expectRefused(row as InvalidCase);
  });
});

function expectForwarded(row: ValidCase): void {
  const bytes = bytesOf(row);
  const { request, body } = validator.parse(bytes);
  const expected = row.normalised ?? row.body;
  expect(request).toEqual(expected);
  const sent = Buffer.from(body.bytesFor(NO_EDITS)).toString();
  expect(JSON.parse(sent)).toEqual(expected);
  // Where the text matters, the text is sent.
  if (row.raw !== undefined && row.normalised === undefined) expect(sent).toBe(row.raw.replace(/^\uFEFF/, '').trim());
}

function expectRefused({ expect: expected, ...row }: InvalidCase): void {
  const error = refusal(bytesOf({ expect: expected, ...row }));
  const wire = error.toWire();
  expect(expected.accept ?? [expected.status]).toContain(error.status);
  expect(wire.type).toBe('invalid_request_error');
  if (expected.param !== undefined) expect([expected.param, ...(expected.param_alt ?? [])]).toContain(wire.param);
  if (expected.code !== undefined) expect(wire.code).toBe(expected.code);
}

function refusal(bytes: Buffer): GatewayError {
  try {
    validator.parse(bytes);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('The request was accepted.');
}
