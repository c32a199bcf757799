// What limits add to a request: `node bench/limits.ts [--rounds N] [--rules NAME]`, after `npm run build`. Whole requests through
// gateways over a transport that responds from memory, so that nothing but the gateway is counted. Each list of rules is
// measured in a process of its own, because V8 optimises code for the lists of rules that it sees. CPU time, paired: in each
// round the gateway with the rules and one without limits get a batch, in turn and back.
import { spawnSync } from 'node:child_process';
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
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '400' }, rules: { type: 'string' } } });
const rounds = Number(values.rounds);

const RPM: LimitRule = { name: 'rpm', by: 'caller', requests: 1e9, per: '1m' };
const TPM: LimitRule = { name: 'tpm', by: 'caller', tokens: 1e12, per: '1m' };
const PARALLEL: LimitRule = { name: 'parallel', by: 'caller', concurrent: 1e6 };
const DAY: LimitRule = { name: 'day', by: 'caller', usd: 1e6, per: 'day' };
const RULES: Readonly<Record<string, readonly LimitRule[]>> = {
  'requests per minute': [RPM],
  'tokens per minute': [TPM],
  'parallel requests': [PARALLEL],
  'USD per day': [DAY],
  'all four': [RPM, TPM, PARALLEL, DAY],
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

process.exitCode = values.rules === undefined ? measureEach() : await measure(values.rules);

/** Measures every list of rules. Returns the exit code. */
function measureEach(): number {
  process.stdout.write(`${rounds} rounds of ${BATCH} requests each\n`);
  const [, program] = process.argv;
  const codes = Object.keys(RULES).map((name) => {
    const args = [program!, '--rules', name, '--rounds', String(rounds)];
    return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
  });
  return Math.max(...codes);
}

/** Measures one list of rules. Returns 1 if it costs more than the target. */
async function measure(name: string): Promise<number> {
  const rules = RULES[name];
  if (rules === undefined) throw new Error(`Unknown rules "${name}". Known: ${Object.keys(RULES).join(', ')}.`);
  const gateways = [
    { gateway: gatewayWith(undefined), micros: [] as number[] },
    { gateway: gatewayWith(rules), micros: [] as number[] },
  ] as const;
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { gateway, micros } of round % 2 === 0 ? gateways : gateways.toReversed()) {
      const each = await batch(gateway);
      if (round >= 0) micros.push(each);
    }
  }
  const [plain, limited] = gateways;
  return report(name, plain.micros, limited.micros);
}

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

function report(name: string, plain: readonly number[], limited: readonly number[]): number {
  // Other work on the machine only ever adds: the cheapest tenth of the batches shows what the requests cost themselves.
  const added = cheapest(limited) - cheapest(plain);
  const paired = median(limited.map((each, round) => each - plain[round]!));
  const isWithin = added <= ADDED_MICROS;
  process.stdout.write(
    `${isWithin ? 'holds ' : 'MISSED'}  ${name}: +${added.toFixed(1)} µs of ${ADDED_MICROS}, above ` +
      `${cheapest(plain).toFixed(1)} µs without limits (paired, all rounds: +${paired.toFixed(1)} µs)\n`,
  );
  return isWithin ? 0 : 1;
}

function cheapest(measured: readonly number[]): number {
  const sorted = measured.toSorted((a, b) => a - b);
  return quantile(sorted, 0.1);
}
