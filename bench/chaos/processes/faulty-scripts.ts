import type { FaultName, ReceivedRequest, Script } from 'nordlys-proxy/testing';
import { testKit } from '../lib/package.ts';
import { between, pickOf } from '../lib/random.ts';

const { faults, hostileHeads, stream } = testKit;

/** Faults that clients must never see. Those that cause a long cooldown of an endpoint are left out. */
const UNSEEN: readonly FaultName[] = [
  ...(['serverError', 'serverErrorPage', 'badGateway', 'unavailable', 'gatewayTimeout', 'overloaded'] as const),
  ...(['requestTimeout', 'conflict', 'tooEarly', 'rateLimitedInMs', 'noContent', 'oddSuccess', 'redirect'] as const),
  ...(['resetBeforeHead', 'closeBeforeHead', 'resetAfterHead', 'hangBeforeHead', 'hangAfterHead'] as const),
  ...([
    'overloadedInStream',
    'errorInSuccess',
    'brokenJson',
    'cutJson',
    'cutChunk',
    'badChunkSize',
    'shortBody',
  ] as const),
  ...(['htmlPage', 'emptyBody', 'emptyChoices', 'onlyUsage', 'emptyStream', 'onlyDone', 'compressed'] as const),
  ...(['switchingProtocols', 'endlessLine'] as const),
];

const HOSTILE = hostileHeads.filter(({ expect, unasked }) => expect === 'error' && !unasked);

type MakeFault = (text: string, random: () => number) => Script;

/** Streams that break anywhere in the response. */
const CUTS: readonly MakeFault[] = [
  (text, random) => named('cut by reset', stream(text, { ...pace(text, random), end: 'reset' })),
  (text, random) => named('cut by fin', stream(text, { ...pace(text, random), end: 'fin' })),
  (text, random) => named('cut by clean end', stream(text, { ...pace(text, random), end: 'clean' })),
  (text, random) => named('cut by silence', stream(text, { ...pace(text, random), end: 'hang' })),
];

const OTHERS: readonly MakeFault[] = [
  (_text, random) => faults[pickOf(UNSEEN, random)].script,
  (_text, random) => faults[pickOf(UNSEEN, random)].script,
  (_text, random) => pickOf(HOSTILE, random).script,
];

/** A fault for this request. `text` is the response without the fault. */
export function faultyScript(request: ReceivedRequest, text: string, random: () => number): Script {
  const asked = request.json as { readonly stream?: boolean } | undefined;
  const makers = asked?.stream === true ? [...OTHERS, ...CUTS] : [...OTHERS, () => faults.resetMidAnswer.script];
  return pickOf(makers, random)(text, random);
}

/** At most all words but the last: the finish reason is never sent. */
function pace(text: string, random: () => number): { afterEvents: number; delayMs: number } {
  return { afterEvents: between(0, text.split(' ').length - 1, random), delayMs: between(0, 5, random) };
}

function named(name: string, script: Script): Script {
  return { ...script, name };
}
