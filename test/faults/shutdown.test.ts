import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway, type Gateway } from '../../src/index.js';
import { chat, type ScriptSource } from '../../src/testing/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { listen } from '../support/listen.js';
import { upstreamFor } from './fixtures.js';

const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });

interface Hosted {
  readonly gateway: Gateway;
  readonly server: Server;
  readonly clock: FakeClock;
  /** Connections that Node has let in. */
  letIn: number;
  /** Clients whose connection the kernel has accepted. */
  connected: number;
  /** What a client hears, or what broke. */
  post(agent?: Agent): Promise<IncomingMessage | string>;
}

async function hosted(script: ScriptSource): Promise<Hosted> {
  const { baseUrl } = await upstreamFor(script);
  const clock = new FakeClock();
  const gateway = createGateway({ keys: false, providers: { p: { baseUrl, models: ['m'] } }, clock });
  const { server, port, close } = await listen(createServer(gateway));
  onTestFinished(async () => {
    await gateway.close();
    await close();
  });
  const host: Hosted = { gateway, server, clock, letIn: 0, connected: 0, post };
  server.on('connection', () => host.letIn++);
  return host;

  function post(agent?: Agent): Promise<IncomingMessage | string> {
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json' };
      const to = { port, host: '127.0.0.1', path: '/v1/chat/completions', method: 'POST', headers };
      request({ ...to, agent: agent ?? false })
        .once('socket', (socket) => socket.once('connect', () => host.connected++))
        .once('response', (response) => resolve(response.resume()))
        .once('error', ({ message }) => resolve(message))
        .end(BODY);
    });
  }
}

const statusOf = (response: IncomingMessage | string): number | string =>
  typeof response === 'string' ? response : response.statusCode!;

describe('F30 a listener that closes', () => {
  it('serves every connection that the kernel had accepted: Node alone accepts one a turn and resets the rest', async () => {
    const host = await hosted(chat('yes'));
    const clients = 100;
    const responses = Array.from({ length: clients }, () => host.post());
    while (host.connected < clients) await new Promise((resolve) => setImmediate(resolve));
    expect(host.letIn).toBeLessThan(clients / 2);
    await host.gateway.drain({ server: host.server });
    expect((await Promise.all(responses)).map(statusOf)).toEqual(Array.from({ length: clients }, () => 200));
    expect(host.server.listening).toBe(false);
  });

  it('closes when its time is over, even while clients connect', async () => {
    const host = await hosted(chat('yes'));
    const draining = host.gateway.drain({ server: host.server, timeoutMs: 10_000, delayMs: 60_000 });
    host.clock.advance(8_000);
    await expect.poll(() => host.server.listening).toBe(false);
    await draining;
  });

  it('is refused where it is none', async () => {
    const { gateway } = await hosted(chat('yes'));
    const server = (() => {}) as unknown as Server;
    await expect(gateway.drain({ server })).rejects.toThrow('server must be the server that listen() returned');
  });
});

describe('F30 a notice', () => {
  it('accepts requests until the delay ends, keeps no connection, and reports it to the balancer', async () => {
    const host = await hosted(chat('yes'));
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const before = (await host.post(agent)) as IncomingMessage;
    expect(before.headers.connection).toBe('keep-alive');

    let drained = false;
    const draining = host.gateway.drain({ delayMs: 5_000 }).then(() => (drained = true));
    expect(host.gateway.status().draining).toBe(true);
    host.clock.advance(4_999);
    const during = (await host.post(agent)) as IncomingMessage;
    expect([during.statusCode, during.headers.connection]).toEqual([200, 'close']);
    expect(drained).toBe(false);

    host.clock.advance(1);
    await draining;
    expect(statusOf(await host.post())).toBe(503);
  });

  it('reaches clients whose response has not begun yet', async () => {
    let draining: Promise<void> | undefined;
    const host = await hosted(() => {
      draining = host.gateway.drain();
      return chat('yes');
    });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const response = (await host.post(agent)) as IncomingMessage;
    expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
    await draining;
  });
});
