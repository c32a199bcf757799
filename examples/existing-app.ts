// An app that exists already: its own middleware, its own users, express.json() for everything. Two lines are new.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import express from 'express';
import OpenAI from 'openai';
import { createGateway } from 'nordlys-proxy';
import { fakeUpstream } from 'nordlys-proxy/testing';

await using upstream = await fakeUpstream();

const app = express();
app.use(express.json({ limit: '10mb' })); // Express's own default of 100 kB is too small for the first image
app.use((req, _res, next) => {
  // Your existing authentication.
  Object.assign(req, { user: { name: req.get('authorization') === 'Bearer session-of-ada' ? 'ada' : 'guest' } });
  next();
});
app.get('/hello', (_req, res) => void res.send('still here'));

// New: the gateway. The app has authenticated, so the gateway only reads the caller.
const gateway = createGateway({
  keys: false,
  caller: (req) => ({ id: (req as unknown as { user: { name: string } }).user.name }),
  providers: { demo: { baseUrl: upstream.baseUrl, apiKey: 'the-provider-key', models: ['demo-model'] } },
});
app.use('/v1/chat/completions', gateway);

const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'session-of-ada' });
const completion = await client.chat.completions.create({
  model: 'demo-model',
  messages: [{ role: 'user', content: 'Hello' }],
});
assert.equal(completion.choices[0]?.message.content, 'Hello from the fake upstream.');
process.stdout.write(`the openai client got: ${completion.choices[0]?.message.content}\n`);

// The caller's credential stays here; the provider sees the operator's.
assert.equal(upstream.ledger[0]?.headers['authorization'], 'Bearer the-provider-key');
assert.equal(await (await fetch(`${origin}/hello`)).text(), 'still here');
process.stdout.write('the rest of the app is as it was\n');

await gateway.drain();
await gateway.close();
server.closeAllConnections();
server.close();
