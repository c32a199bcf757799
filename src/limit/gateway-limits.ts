import type { GatewayLimits } from '../contracts/limits.js';
import { Limits, type LimitsParts } from './limit.js';
import type { Diagnostics } from '../observe/diagnostics.js';
import { text } from '../options/checks.js';
import type { GatewayOptions } from '../options/types.js';

/** Limits and accounts; `undefined` where no option needs them. @throws TypeError naming the option at fault. */
export function limitsOf(
  { limits, spendSink }: GatewayOptions,
  { clock, hooks, diagnostics }: Pick<LimitsParts, 'clock' | 'hooks'> & { readonly diagnostics: Diagnostics },
): Limits | undefined {
  if ((limits ?? spendSink ?? hooks.hooks.onSpend) === undefined) return undefined;
  const onOutage = (): void => diagnostics.report('NORDLYS_LIMIT_STORE');
  const made = new Limits(limits ?? undefined, { clock, hooks, spendSink: spendSink ?? undefined, onOutage });
  hooks.observe({ requestEnded: (context) => context.spend?.finish() });
  return made;
}

/** The public methods of `limits`. Without limits they throw a TypeError that names the missing option. */
export function publicLimits(limits: Limits | undefined): GatewayLimits {
  const counting = (): Limits => {
    if (limits !== undefined) return limits;
    throw new TypeError('This gateway counts nothing: give createGateway `limits`, `spendSink` or hooks.onSpend.');
  };
  return {
    usage: async (callerId) => counting().usage(text('usage: callerId', callerId)),
    limits: { block: async (block) => counting().block(block) },
  };
}
