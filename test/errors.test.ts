import { expect, it } from 'vitest';
import { GatewayError, type GatewayErrorCode } from '../src/index.js';
import { gatewayOver } from './path/fixtures.js';

it('a quota that is used up is not tried again', () => {
  expect(new GatewayError('insufficient_quota', 'x').headers).toEqual({ 'x-should-retry': 'false' });
  const details = { headers: { 'retry-after': '5', 'x-should-retry': 'true' } };
  expect(new GatewayError('insufficient_quota', 'x', details).headers).toEqual(details.headers);
  expect(new GatewayError('rate_limit_exceeded', 'x').headers).toEqual({});
});

it('the client gets the error that a hook throws for it', async () => {
  const beforeRoute = (): never => {
    throw new GatewayError('insufficient_quota', 'Used up.');
  };
  const providers = { p0: { baseUrl: 'http://127.0.0.1:9/v1', models: ['m'] } };
  const { post } = await gatewayOver([], { providers, hooks: { beforeRoute } });
  const response = await post({});
  expect(response.status).toBe(429);
  expect(response.headers.get('x-should-retry')).toBe('false');
});

it.each(['unknown', 'toString', '__proto__', undefined])('an unknown code is refused: %s', (code) => {
  const create = () => new GatewayError(code as GatewayErrorCode, 'x');
  expect(create).toThrow(TypeError);
  expect(create).toThrow(/^GatewayError: unknown code .*Known: invalid_api_key, /);
});
