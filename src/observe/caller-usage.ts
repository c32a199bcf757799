import type { RequestContext } from '../request/context.js';
import type { Observer } from '../request/hooks.js';
import { CallerCounters, type CallerCounts } from './caller-counters.js';
import { usedTokens } from './gen-ai.js';

/** Counts what each caller uses, and passes it on with the label of the caller's series. */
export class CallerUsage implements Observer {
  readonly counters: CallerCounters;
  readonly #onUsed: (label: string, used: Omit<CallerCounts, 'requests'>) => void;

  constructor(maxCallers: number, onUsed: (label: string, used: Omit<CallerCounts, 'requests'>) => void) {
    this.counters = new CallerCounters(maxCallers);
    this.#onUsed = onUsed;
  }

  requestEnded(context: RequestContext): void {
    // A request whose caller was not authenticated belongs to no caller.
    if (context.caller === undefined) return;
    const used = usedBy(context);
    this.#onUsed(this.counters.add(context.caller.id, used), used);
  }
}

function usedBy({ outcome, served, route }: RequestContext): Omit<CallerCounts, 'requests'> {
  // With the caller's own credential, tokens and cost are not the operator's.
  const isOwnCall = served !== undefined && route?.overrides?.has(served.provider) === true;
  const tokens = isOwnCall ? undefined : usedTokens(outcome?.usage);
  return {
    inputTokens: tokens?.input ?? 0,
    outputTokens: tokens?.output ?? 0,
    costUsd: isOwnCall ? 0 : (outcome?.costUsd ?? 0),
  };
}
