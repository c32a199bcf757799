// An upstream that bills what it generates, into a file that survives it.
import { openSync, writeSync } from 'node:fs';
import type { ReceivedRequest, Script } from 'nordlys-proxy/testing';
import { setup, startDraining } from '../../lib/channel.ts';
import type { Bill } from '../lib/money/files.ts';
import { ATTEMPT_HEADER, callerOf, MAX_TOKENS, nanoOf, type MoneyUpstreamSetup } from '../lib/money/set-up.ts';
import { testKit } from '../lib/package.ts';
import { between, hashOf, pickOf, randomOf } from '../lib/random.ts';
import { textOf } from '../lib/texts.ts';

const { chat, fakeUpstream, faults, stream } = testKit;
const { name, seed, faultShare, bills } = setup<MoneyUpstreamSetup>();
const random = randomOf(seed + hashOf(name));
const file = openSync(bills, 'a');
/** It has generated nothing, and bills nothing. */
const REFUSED = [
  'serverError',
  'badGateway',
  'unavailable',
  'overloaded',
  'resetBeforeHead',
  'hangBeforeHead',
] as const;
const CUTS = ['reset', 'fin', 'hang'] as const;
let served = 0;

const { port } = await fakeUpstream({ script: respond });
process.once('disconnect', () => process.exit());
startDraining([port]);

function respond(request: ReceivedRequest): Script {
  const mark = `${name}-${++served}`;
  const tokens = between(1, MAX_TOKENS, random);
  const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
  if (random() >= faultShare) {
    return billed(request, chat(textOf(mark, mark), { usage, delayMs: between(0, 15, random) }), mark, tokens);
  }
  const isStream = (request.json as { readonly stream?: boolean }).stream === true;
  if (random() < 0.5) return billed(request, faults[pickOf(REFUSED, random)].script, mark, 0);
  const cut = isStream
    ? stream(textOf(mark, mark), { afterEvents: between(0, 7, random), end: pickOf(CUTS, random) })
    : faults.resetMidResponse.script;
  return billed(request, cut, mark, tokens);
}

/** `script`, whose bill is written before anything is sent. */
function billed(request: ReceivedRequest, script: Script, mark: string, tokens: number): Script {
  const { requestId: id = '' } = request;
  const attempt = Number(request.headers[ATTEMPT_HEADER]);
  return {
    ...script,
    starts: 'request',
    *steps(request) {
      const bill: Bill = { mark, upstream: name, id, attempt, caller: callerOf(id), nano: nanoOf(name, tokens) };
      writeSync(file, `${JSON.stringify(bill)}\n`);
      yield* script.steps(request);
    },
  };
}
