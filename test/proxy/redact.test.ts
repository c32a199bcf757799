import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../src/proxy/response/redact.js';

describe('redact', () => {
  it.each([
    ['the key of this call', 'Incorrect API key provided: my-secret-key.', 'Incorrect API key provided: [redacted].'],
    ['anything that looks like a key', 'sk-proj-abcdef123456 and AIzaSyA1234567890', '[redacted] and [redacted]'],
    ['a bearer token', 'Authorization: Bearer abc.def-ghi failed', 'Authorization: [redacted] failed'],
    ['an organisation', 'for org-AbCdEfGh1234', 'for [redacted]'],
  ])('removes %s', (_what, text, expected) => {
    expect(redact(text, ['my-secret-key'])).toBe(expected);
  });

  it.each([
    ['organization `org_01hzzzc1b8ey0anvbgha0xyz99` service', 'organization `[redacted]` service'],
    [
      'in organization org-abcdefgh12345678 in project proj_abcdefgh12345678 on',
      'in organization [redacted] in project [redacted] on',
    ],
    ['proj_Ab1_cD-2xyz', '[redacted]'],
    ['Your team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd has', 'Your team [redacted] has'],
    ['Incorrect API key provided: sk-ab***************xyz.', 'Incorrect API key provided: [redacted].'],
    ['Your api key: ****abcd is invalid', 'Your api key: [redacted] is invalid'],
    ['key sk-proj-...wxyz', 'key [redacted]'],
    ['not been used in project 123456789012 before', 'not been used in project [redacted] before'],
    ["consumer 'projects/123456789012'", "consumer 'projects/[redacted]'"],
    ['projects/my-project/locations/x', 'projects/[redacted]/locations/x'],
    ['overview?project=123456', 'overview?project=[redacted]'],
    ['User: arn:aws:iam::123456789012:user/bob is not', 'User: [redacted] is not'],
    ['AWS account 123456789012 has', 'AWS account [redacted] has'],
    ["Not found for account 'Abc_-xyz'", "Not found for account '[redacted]'"],
    ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
    ['accounts/acme-inc/models/x', 'accounts/[redacted]/models/x'],
    ['https://acme-east.openai.azure.com/openai', 'https://[redacted].openai.azure.com/openai'],
    ['bot@acme.iam.gserviceaccount.com lacks', '[redacted] lacks'],
    ['hf_AbCdEfGh12345678 and nvapi-Ab1-cdefghijkl', '[redacted] and [redacted]'],
    ['subscription id: 0a1b2c3d-0000-1111-2222-333344445555', 'subscription id: [redacted]'],
    ['Your account org-abcd1234abcd1234<ak-efgh5678efgh5678> request', 'Your account [redacted]<[redacted]> request'],
    ['API key ID: 3c2a1b00-1111-2222-3333-444455556666, Model', 'API key ID: [redacted], Model'],
    ['Your account [2100000000] has', 'Your account [[redacted]] has'],
    ['The principal `1b2c3d4e-1111-2222-3333-444455556666` lacks', 'The principal `[redacted]` lacks'],
    ['Account acme-123abc is suspended', 'Account [redacted] is suspended'],
    ['organization: "Acme Corp Ltd" has', 'organization: "[redacted]" has'],
    ['/accounts/0123456789abcdef0123456789abcdef/ai/run', '/accounts/[redacted]/ai/run'],
    ['account 0123456789abcdef0123456789abcdef', 'account [redacted]'],
  ])('removes what names the operator’s account: %s', (text, expected) => {
    expect(redact(text, [])).toBe(expected);
  });

  it.each([
    'user_location is not supported in organization-level settings',
    'The model `accounts/fireworks/models/llama-v3p1-8b-instruct` does not exist',
    "messages[0].role must be 'user' or 'assistant'",
    "Invalid key 100264 in 'logit_bias'",
    'The account is suspended.',
    'max_tokens is too large: 65536. This model supports at most 16384 completion tokens',
    'project_has_no_access and account_deactivated',
    'Use **bold** words and req_0123456789abcdef for support',
    'Please retry after 20 seconds (request 0a1b2c3d-0000-1111-2222-333344445555).',
    'tool call call_abc123def456 has no response',
  ])('keeps what the sender needs: %s', (text) => expect(redact(text, [])).toBe(text));

  it('removes control characters, and keeps line ends', () => {
    expect(redact('a\u0000b\u001bc\nd', [])).toBe('abc\nd');
  });

  it('sees a key that control characters break up', () => {
    expect(redact('my-sec\u0000ret-key', ['my-secret-key'])).toBe('[redacted]');
  });

  it.each(['base64', 'base64url', 'hex'] as const)('finds a secret in %s', (encoding) => {
    expect(redact(`Got ${Buffer.from('my-secret-key').toString(encoding)}.`, ['my-secret-key'])).toBe(
      'Got [redacted].',
    );
  });

  it('never shows the secret, at any position and in a text of any length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), fc.string({ maxLength: 2_000 }), (before, after) => {
        const secret = 'canary-0123456789';
        const shown = redact(before + secret + after, [secret]);
        return !shown.includes(secret) && shown.length <= 513;
      }),
    );
  });
});
