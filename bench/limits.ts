// What limits add to a request: `node bench/limits.ts [--rounds N]`, after `npm run build`. Whole requests through gateways in
// this process, over a transport that responds from memory, so that nothing but the gateway is counted. CPU time of this
// process, paired: in each round every gateway gets a batch, in turn and back, and differences are taken within the round.
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex, Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { Gateway, GatewayOptions, LimitRule, Transport } from 'nordlys-proxy';
import { completion, KEY, MODEL } from './lib/bodies.ts';
import { createGateway } from './lib/package.ts';
import { median, quantile } from './lib/statistics.ts';

const BATCH = 100;
const WARM_UP = 60;
const ADDED_MICROS = 5;
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '400' } } });
const rounds = Number(values.rounds);

const RPM: LimitRule = { name: 'rpm', by: 'caller', requests: 1e9, per: '1m' };
const RULES: Readonly<Record<string, readonly LimitRule[] | undefined>> = {
  'no limits': undefined,
  'requests per minute': [RPM],
  'requests, tokens, parallel and USD': [
    RPM,
    { name: 'tpm', by: 'caller', tokens: 1e12, per: '1m' },
    { name: 'parallel', by: 'caller', concurrent: 1e6 },
    { name: 'day', by: 'caller', usd: 1e6, per: 'day' },
  ],
};

class ResponseBody extends Readable {
  readonly complete = true;
  readonly #body: Uint8Array;

  constructor(body: Uint8Array) {
    super();
    this.#body = body;
  }

  override _read(): void {
    this.push(this.#body);
    this.push(null);
  }
}

const body = completion(1_024);
const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
const transport: Transport = {
  open(_request, events) {
    setImmediate(() => {
      events.onConnected();
      events.onHead({ status: 200, headers, message: new ResponseBody(body) });
    });
    return { abort() {} };
  },
  sockets: () => ({ active: 0, idle: 0 }),
  close() {},
};

/** A connection whose client reads everything at once. */
class Nowhere extends Duplex {
  override _read(): void {}

  override _write(_bytes: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

const request = JSON.stringify({
  model: MODEL,
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Why are geese grey? '.repeat(50) }],
});
const requestHeaders = {
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(request)),
  authorization: `Bearer ${KEY}`,
};

const gateways = new Map(Object.entries(RULES).map(([name, rules]) => [name, gatewayWith(rules)]));
const micros = new Map([...gateways.keys()].map((name): [string, number[]] => [name, []]));
for (let round = -WARM_UP; round < rounds; round++) {
  const turn = round % 2 === 0 ? [...gateways] : [...gateways].toReversed();
  for (const [name, gateway] of turn) {
    const each = await batch(gateway);
    if (round >= 0) micros.get(name)!.push(each);
  }
}
process.exitCode = report() ? 0 : 1;

function gatewayWith(rules: readonly LimitRule[] | undefined): Gateway {
  const options: GatewayOptions = {
    keys: [KEY],
    providers: {
      p: { baseUrl: 'http://127.0.0.1:9/v1', models: { [MODEL]: { pricing: { prompt: 0.15, completion: 0.6 } } } },
    },
    transport,
    maxInFlightPerCaller: 10_000,
    overloadProtection: false,
    ...(rules === undefined ? {} : { limits: { rules } }),
  };
  return createGateway(options);
}

/** CPU microseconds per request. */
async function batch(gateway: Gateway): Promise<number> {
  const before = process.cpuUsage();
  for (let sent = 0; sent < BATCH; sent++) {
    const status = await exchange(gateway);
    if (status !== 200) throw new Error(`The gateway responded with ${status}.`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / BATCH;
}

/** One request over a connection without a peer. Resolves with the status when the response is written. */
function exchange(gateway: Gateway): Promise<number> {
  const socket = new Nowhere() as unknown as Socket;
  const req = new IncomingMessage(socket);
  Object.assign(req, { method: 'POST', url: '/v1/chat/completions', headers: requestHeaders, httpVersion: '1.1' });
  req.push(request);
  req.push(null);
  req.complete = true;
  const res = new ServerResponse(req);
  res.assignSocket(socket);
  return new Promise((resolve) => {
    res.once('finish', () => {
      res.detachSocket(socket);
      res.emit('close');
      resolve(res.statusCode);
    });
    gateway(req, res);
  });
}

function report(): boolean {
  const plain = micros.get('no limits')!;
  // Other work on the machine only ever adds: the cheapest tenth of the batches shows what the requests cost themselves.
  const cheapest = (measured: readonly number[]): number =>
    quantile(
      measured.toSorted((a, b) => a - b),
      0.1,
    );
  process.stdout.write(`${rounds} rounds of ${BATCH} requests each\n`);
  let holds = true;
  for (const [name, measured] of micros) {
    const paired = median(measured.map((each, round) => each - plain[round]!));
    const added = cheapest(measured) - cheapest(plain);
    if (added > ADDED_MICROS) holds = false;
    const more = measured === plain ? '' : `  +${added.toFixed(1)} µs (paired, all rounds: +${paired.toFixed(1)} µs)`;
    process.stdout.write(`${cheapest(measured).toFixed(1).padStart(8)} µs  ${name}${more}\n`);
  }
  process.stdout.write(
    holds ? `at most ${ADDED_MICROS} µs added: holds\n` : `at most ${ADDED_MICROS} µs added: MISSED\n`,
  );
  return holds;
}
