import { AwsV4Signer } from 'aws4fetch';
import { describe, expect, it } from 'vitest';
import { sigV4, type AwsCredentials, type AwsCredentialsSource } from '../../src/aws/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { referenceAuthorization } from './reference-signature.js';

// The key and the moment of AWS's published test suite.
const SUITE_TIME = Date.UTC(2015, 7, 30, 12, 36, 0);
const KEY = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
} satisfies AwsCredentials;
const SUITE_TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

function clockAt(wallNow: number): FakeClock {
  return new FakeClock({ wallNow });
}

function post(url: string, body = '', headers: Record<string, string> = {}) {
  return { method: 'POST' as const, url: new URL(url), headers, body: Buffer.from(body) };
}

describe('signatures', () => {
  const suite = { region: 'us-east-1', service: 'service', clock: clockAt(SUITE_TIME) };
  const scope = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';

  it.each([
    ['post-vanilla', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    ['post-vanilla-query', '/?Param1=value1', '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11'],
  ])("are those of AWS's suite: %s", async (_, path, signature) => {
    const headers = await sigV4({ ...suite, credentials: KEY }).sign(post(`https://example.amazonaws.com${path}`));
    expect(headers).toEqual({
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
      'x-amz-date': '20150830T123600Z',
    });
  });

  it("are those of AWS's suite: post-sts-header-before", async () => {
    const credentials = { ...KEY, sessionToken: SUITE_TOKEN };
    const headers = await sigV4({ ...suite, credentials }).sign(post('https://example.amazonaws.com/'));
    expect(headers['x-amz-security-token']).toBe(SUITE_TOKEN);
    expect(headers['authorization']).toBe(
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead`,
    );
  });

  it.each([
    'https://bedrock-runtime.us-west-2.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    'https://bedrock-runtime.us-west-2.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-west-2%3A1%3Ainference-profile%2Fx/converse-stream',
    "https://bedrock-runtime.us-west-2.amazonaws.com/model/a!b'(c)*/converse",
    'https://gateway.example:8443/model/m/converse?b=2&a=%20',
  ])('encode the path once more: %s', async (url) => {
    const body = '{"messages":[{"role":"user","content":[{"text":"Grüße"}]}]}';
    const signer = sigV4({
      region: 'us-west-2',
      credentials: { ...KEY, sessionToken: 'TOKEN' },
      clock: clockAt(SUITE_TIME),
    });
    const { authorization } = await signer.sign(post(url, body));
    const parts = { region: 'us-west-2', service: 'bedrock', date: '20150830T123600Z' };
    expect(authorization).toBe(
      referenceAuthorization({ ...KEY, ...parts, sessionToken: 'TOKEN', url: new URL(url), body }),
    );
  });

  it('are those of aws4fetch itself', async () => {
    const url = 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse';
    const direct = new AwsV4Signer({
      ...KEY,
      method: 'POST',
      url,
      body: '{}',
      service: 'bedrock',
      region: 'eu-central-1',
      datetime: '20150830T123600Z',
    });
    const headers = await sigV4({ credentials: KEY, clock: clockAt(SUITE_TIME) }).sign(post(url, '{}'));
    expect(headers['authorization']).toBe((await direct.sign()).headers.get('authorization'));
  });

  it('cover AWS headers and no header that a transport may change', async () => {
    const headers = {
      'x-amzn-trace-id': 't',
      'X-Amz-Target': 'x',
      accept: '*/*',
      authorization: 'old',
      'x-amz-date': 'old',
    };
    const signer = sigV4({ region: 'us-east-1', credentials: KEY, clock: clockAt(SUITE_TIME) });
    const signed = await signer.sign(post('https://h.example/', '', headers));
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-target,');
    expect(signed['x-amz-date']).toBe('20150830T123600Z');
  });

  it('differ for other bytes of the body', async () => {
    const signer = sigV4({ region: 'us-east-1', credentials: KEY, clock: clockAt(SUITE_TIME) });
    const [one, other] = [
      await signer.sign(post('https://h.example/', 'a')),
      await signer.sign(post('https://h.example/', 'b')),
    ];
    expect(one['authorization']).not.toBe(other['authorization']);
  });

  it('need a region from somewhere', async () => {
    const signer = sigV4({ credentials: KEY });
    await expect(signer.sign(post('https://gateway.example/'))).rejects.toThrow('Set the option "region"');
  });
});

describe('credentials of a function', () => {
  const MINUTE = 60_000;

  function set(source: (call: number) => AwsCredentials | Promise<AwsCredentials>) {
    const clock = clockAt(SUITE_TIME);
    const seen = { calls: 0 };
    const signer = sigV4({ region: 'us-east-1', clock, credentials: () => source(++seen.calls) });
    const keyOf = async () =>
      /Credential=([^/]+)/.exec((await signer.sign(post('https://h.example/')))['authorization']!)![1];
    return { clock, seen, signer, keyOf };
  }
  const until = (ms: number, id: string): AwsCredentials => ({
    accessKeyId: id,
    secretAccessKey: `secret-${id}`,
    sessionToken: `token-${id}`,
    expiration: new Date(SUITE_TIME + ms),
  });

  it('are kept until five minutes before they end', async () => {
    const { clock, seen, keyOf } = set((call) => until(call * 60 * MINUTE, `K${call}`));
    expect(await keyOf()).toBe('K1');
    clock.advance(55 * MINUTE - 1);
    expect(await keyOf()).toBe('K1');
    expect(seen.calls).toBe(1);
    clock.advance(1);
    expect(await keyOf()).toBe('K2');
    expect(await keyOf()).toBe('K2');
    expect(seen.calls).toBe(2);
  });

  it('are fetched once for all requests that wait', async () => {
    const { seen, keyOf } = set(async () => until(60 * MINUTE, 'K'));
    expect(await Promise.all([keyOf(), keyOf(), keyOf()])).toEqual(['K', 'K', 'K']);
    expect(seen.calls).toBe(1);
  });

  it('without an end are kept for five minutes', async () => {
    const { clock, seen, keyOf } = set(() => KEY);
    await keyOf();
    clock.advance(5 * MINUTE - 1);
    await keyOf();
    expect(seen.calls).toBe(1);
    clock.advance(1);
    await keyOf();
    expect(seen.calls).toBe(2);
  });

  it('are used to their end where they cannot be renewed, and not beyond', async () => {
    const { clock, keyOf } = set((call) => {
      if (call > 1) throw new Error('The token service is down.');
      return until(60 * MINUTE, 'K1');
    });
    await keyOf();
    clock.advance(59 * MINUTE);
    expect(await keyOf()).toBe('K1');
    clock.advance(MINUTE);
    await expect(keyOf()).rejects.toThrow('The token service is down.');
  });

  it('are loaded again after a failure', async () => {
    const { seen, keyOf } = set((call) => {
      if (call === 1) throw new Error('Not yet.');
      return until(60 * MINUTE, 'K2');
    });
    await expect(keyOf()).rejects.toThrow('Not yet.');
    expect(await keyOf()).toBe('K2');
    expect(seen.calls).toBe(2);
  });

  it('that never arrive fail after 30 seconds, and no timer remains', async () => {
    const { clock, keyOf } = set((call) => (call === 1 ? new Promise(() => {}) : until(60 * MINUTE, 'K2')));
    const first = keyOf().catch((error: unknown) => error);
    clock.advance(30_000);
    expect(await first).toMatchObject({ message: 'credentials() took longer than 30000 ms.' });
    expect(await keyOf()).toBe('K2');
    expect(clock.pending.size).toBe(0);
  });

  it('that have ended already are refused', async () => {
    const { keyOf } = set(() => until(0, 'K'));
    await expect(keyOf()).rejects.toThrow('credentials() gave credentials that have expired.');
  });

  it('are secrets: those of now, and those before', async () => {
    const { clock, signer, keyOf } = set((call) => until(call * 60 * MINUTE, `K${call}`));
    expect(signer.secrets()).toEqual([]);
    await keyOf();
    clock.advance(56 * MINUTE);
    await keyOf();
    expect(signer.secrets()).toEqual(['secret-K2', 'K2', 'token-K2', 'secret-K1', 'K1', 'token-K1']);
    expect(sigV4({ credentials: KEY }).secrets()).toEqual([KEY.secretAccessKey, KEY.accessKeyId]);
  });
});

describe('wrong options', () => {
  it.each([
    [{ region: '' }, 'sigV4().region'],
    [{ regoin: 'us-east-1' }, 'Did you mean "region"?'],
    [{ credentials: undefined }, 'sigV4().credentials must be AWS credentials'],
    [{ credentials: { accessKeyId: 'A' } }, 'sigV4().credentials.secretAccessKey must be'],
    [{ credentials: { ...KEY, expiration: 'soon' } }, 'sigV4().credentials.expiration must be a Date'],
    [{ credentials: { ...KEY, sessionToken: '' } }, 'sigV4().credentials.sessionToken'],
  ])('%j are refused by name', (options, message) => {
    const all: object = { credentials: KEY, ...options };
    expect(() => sigV4(all as { credentials: AwsCredentialsSource })).toThrow(message);
  });

  it('never show a secret', async () => {
    const secretAccessKey = 'top secret';
    for (const credentials of [{ ...KEY, secretAccessKey }, () => ({ ...KEY, secretAccessKey })]) {
      const failure = await (async () => sigV4({ region: 'r', credentials }).sign(post('https://h.example/')))().catch(
        (error: unknown) => error,
      );
      expect(String(failure)).toContain('secretAccessKey must be');
      expect(String(failure)).not.toContain('top secret');
    }
  });
});
