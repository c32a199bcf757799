// An upstream: the test kit in a process of its own, with a ledger that survives a kill.
import type { ReceivedRequest, Script } from 'nordlys-proxy/testing';
import { startDraining, setup } from '../../lib/channel.ts';
import { ledgerWriter } from '../lib/ledger.ts';
import { testKit } from '../lib/package.ts';
import { between, hashOf, randomOf } from '../lib/random.ts';
import type { UpstreamSetup } from '../lib/set-up.ts';
import { textOf } from '../lib/texts.ts';
import { now } from '../lib/time.ts';
import { faultyScript } from './faulty-scripts.ts';
import { WIRES } from './wires.ts';

const { chat, fakeUpstream, hang, stream } = testKit;
const { name, life, port, seed, faultShare, wire: wireName, ledger } = setup<UpstreamSetup>();
const random = randomOf(seed + hashOf(name) + life);
const write = ledgerWriter(ledger);
const wire = WIRES[wireName];
let served = 0;

const upstream = await fakeUpstream({ port, script: respond });
process.once('disconnect', () => process.exit());
startDraining([upstream.port]);

function respond(request: ReceivedRequest): Script {
  const mark = `${name}${life}-${++served}`;
  const question = wire.questionOf(request.json);
  const text = textOf(question, mark);
  const ordered = orderedScript(question, text);
  const faulty = ordered === undefined && random() < faultShare;
  const script = ordered ?? (faulty ? faultyScript(request, wire, text, random) : soundScript(text));
  return recorded(request, script, mark, !faulty);
}

/** Sometimes delays the response, or closes the connection after it. */
function soundScript(text: string): Script {
  const thinks = random() < 0.03;
  const headers = random() < 0.01 ? { connection: 'close' } : {};
  return wire.reply(text, {
    headers,
    delayMs: between(0, 10, random),
    headDelayMs: thinks ? between(50, 400, random) : 0,
  });
}

/** A message may request a script: `!ticks:30`, `!hang:head` … */
function orderedScript(question: string, text: string): Script | undefined {
  const [, order, detail = ''] = /^!(\w+):(\w+)/.exec(question) ?? [];
  if (order === 'ticks')
    return stream(
      Array.from({ length: Number(detail) }, (_, tick) => `${tick} `),
      { delayMs: 1_000 },
    );
  if (order === 'plain') return chat(text);
  if (order === 'hang') return hang({ after: detail === 'midway' ? 3 : detail === 'head' ? 'head' : 'request' });
  return undefined;
}

/** Writes a line when the script begins, and one when it has ended in any way. */
function recorded(request: ReceivedRequest, script: Script, mark: string, sound: boolean): Script {
  const { index, requestId: id = '' } = request;
  const begin = { mark, upstream: name, id, script: script.name, sound, begunAt: now() };
  return {
    ...script,
    starts: 'request',
    *steps(request) {
      write({ begin });
      try {
        yield* script.steps(request);
      } finally {
        // The entry of the kit's ledger is complete only when the script has returned.
        setImmediate(() => writeEnd(mark, index));
      }
    },
  };
}

function writeEnd(mark: string, index: number): void {
  const entry = upstream.ledger[index];
  if (entry === undefined) return;
  const { completed, bytesSent, closedBy, closedAt } = entry;
  const at = closedAt === undefined ? now() : performance.timeOrigin + closedAt;
  write({ mark, end: { at, completed, bytesSent, closedBy } });
}
