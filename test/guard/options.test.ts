import { describe, expect, it } from 'vitest';
import { blockPatterns, createGateway, detect, guard, redact, type GuardOptions } from '../../src/index.js';
import { resolveGuardOptions } from '../../src/guard/guard-options.js';

const check = () => 'pass' as const;
const start = (guards: unknown) => () =>
  createGateway({
    keys: ['k'],
    providers: { p: { baseUrl: 'http://127.0.0.1:1', apiKey: 'x', models: ['m'] } },
    guards,
  } as never);

describe('guards that are wrong stop the start', () => {
  it.each<[unknown, string]>([
    [{ inputs: [] }, 'guards: unknown option "inputs". Did you mean "input"?'],
    [{ input: {} }, 'guards.input must be a list of guards'],
    [{ input: [{}] }, 'guards.input[0].onError must be written, "open" or "closed"'],
    [{ input: [{ name: 'a', check }] }, 'guards.input[0].onError must be written'],
    [{ input: [{ name: 'a', onError: 'ignore', check }] }, 'got "ignore"'],
    [{ input: [{ onError: 'open', check }] }, 'guards.input[0].name must be a non-empty string'],
    [{ input: [{ name: 'a', onError: 'open' }] }, 'guards.input[0].check must be a function'],
    [
      { input: [{ name: 'a', onError: 'open', check, mode: 'hold' }] },
      'guards.input[0].mode must be one of "before", "beside"',
    ],
    [{ input: [{ name: 'a', onError: 'open', check, surfaces: [] }] }, 'guards.input[0].surfaces must be a list'],
    [
      { input: [{ name: 'a', onError: 'open', check, surfaces: ['all'] }] },
      'guards.input[0].surfaces[0] must be one of',
    ],
    [{ input: [{ name: 'a', onError: 'open', check, channels: ['text'] }] }, 'unknown option "channels"'],
    [
      { input: [{ name: 'a', onError: 'open', check, timeoutMs: 0 }] },
      'guards.input[0].timeoutMs must be a number of milliseconds',
    ],
    [
      { output: [{ name: 'a', onError: 'open', check, window: 20_000 }] },
      'guards.output[0].window must be 16384 characters or fewer',
    ],
    [
      { output: [{ name: 'a', onError: 'open', check, mayContinue: 3 }] },
      'guards.output[0].mayContinue must be a function',
    ],
    [
      { output: [{ name: 'a', onError: 'open', check, afterCommit: 'stop' }] },
      'guards.output[0].afterCommit must be one of',
    ],
    [{ output: [redact(), redact()] }, 'guards.output: two guards are named "redact"'],
    [{ output: [redact] }, 'guards.output[0] must be an object, got a function'],
  ])('%#: %j', (guards, message) => {
    expect(start(guards)).toThrow(message);
  });

  it('also in the stage', () => {
    expect(() => guard({ inputs: [] } as never)).toThrow('guard: unknown option "inputs"');
    expect(() => guard({ input: [{}] } as never)).toThrow('guards.input[0].onError must be written');
  });

  it('factories name their own options', () => {
    expect(() => redact({ restores: true } as never)).toThrow(
      'redact: unknown option "restores". Did you mean "restore"?',
    );
    expect(() => redact({ secret: 'short' })).toThrow('redact.secret must have 16 characters or more');
    expect(() => redact({ detect: [] })).toThrow('redact.detect must be a list of detectors that is not empty');
    expect(() => redact({ detect: [detect.email as never] })).toThrow(
      'redact.detect[0] must be a detector: call the function',
    );
    expect(() => redact({ detect: [{ type: 'a b', version: '1', find: () => undefined }] })).toThrow(
      'must be letters, digits and -',
    );
    expect(() => blockPatterns({ patterns: ['x'] as never })).toThrow('must be given a regular expression');
  });
});

describe('the digest for the cache key', () => {
  const digest = (guards: GuardOptions): string => resolveGuardOptions(guards).digest;
  const one = { name: 'a', onError: 'open', check } as const;

  it('is empty without guards', () => {
    expect(digest({})).toBe('');
    expect(digest({ input: [], output: [] })).toBe('');
  });

  it('changes with names, versions, sides, modes and detectors, and with nothing else', () => {
    const all = [
      digest({ input: [one] }),
      digest({ output: [one] }),
      digest({ output: [{ ...one, name: 'b' }] }),
      digest({ output: [{ ...one, version: '2' }] }),
      digest({ output: [{ ...one, mode: 'whole' }] }),
      digest({ output: [{ ...one, channels: ['text'] }] }),
      digest({ output: [redact()] }),
      digest({ output: [redact({ version: '2' })] }),
      digest({ output: [redact({ detect: [detect.email()] })] }),
      digest({ output: [redact({ detect: [detect.pattern('x', /a/)] })] }),
      digest({ output: [redact({ detect: [detect.pattern('x', /b/)] })] }),
      digest({ output: [blockPatterns({ name: 'redact', detect: [detect.email()] })] }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(digest({ output: [{ ...one, timeoutMs: 1 }] })).toBe(digest({ output: [one] }));
    expect(digest({ output: [redact()] })).toBe(digest({ output: [redact()] }));
  });
});
