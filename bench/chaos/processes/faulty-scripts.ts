import type { FaultName, ReceivedRequest, Script } from 'nordlys-proxy/testing';
import { testKit } from '../lib/package.ts';
import { between, pickOf } from '../lib/random.ts';
import { named, resetMidBody, type MakeFault, type Wire } from './wires.ts';

const { faults, hostileHeads } = testKit;

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

const HOSTILE = hostileHeads.filter(({ expect, unrequested }) => expect === 'error' && !unrequested);

/** Ways in which a stream breaks at any point of the response. */
const CUTS = {
  'cut by reset': 'reset',
  'cut by fin': 'fin',
  'cut by clean end': 'clean',
  'cut by silence': 'hang',
} as const;

const OTHERS: readonly MakeFault[] = [
  (_text, random) => faults[pickOf(UNSEEN, random)].script,
  (_text, random) => faults[pickOf(UNSEEN, random)].script,
  (_text, random) => pickOf(HOSTILE, random).script,
];

/** A fault for this request. `text`: the response without the fault. */
export function faultyScript(request: ReceivedRequest, wire: Wire, text: string, random: () => number): Script {
  const silent: MakeFault[] = wire.silent.length === 0 ? [] : [() => pickOf(wire.silent, random)];
  const midway = wire.isStream(request)
    ? [...Object.keys(CUTS).map((name) => cut(name as keyof typeof CUTS, wire)), ...wire.streamed]
    : [() => resetMidBody(wire.reply(text, {}))];
  return pickOf([...OTHERS, ...silent, ...midway], random)(text, random);
}

/** The finish reason is never sent. */
function cut(name: keyof typeof CUTS, wire: Wire): MakeFault {
  return (text, random) => {
    const pace = { afterEvents: between(0, wire.openEvents(text), random), delayMs: between(0, 5, random) };
    return named(name, wire.reply(text, { ...pace, end: CUTS[name] }));
  };
}
