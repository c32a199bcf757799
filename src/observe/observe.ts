import type { RequestContext } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import { HookRunner } from '../request/hooks.js';
import { OBSERVE } from '../options/tables/observe.js';
import type { ObserveOptions } from '../options/types.js';
import { Diagnostics } from './diagnostics.js';
import { MisconfigurationChecks } from './misconfiguration-checks.js';
import { RequestLog } from './log.js';
import { meteredBy } from './metering.js';
import { Recorder } from './recorder.js';
import { UpstreamChecks } from './upstream-checks.js';
import { Tracing } from './tracing.js';

/** Everything that watches one gateway. */
export interface Observation {
  /** The host's hooks, with our observers behind them. */
  readonly hooks: HookRunner;
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;
  /** Runs a request within its span; `undefined` without a tracer. */
  readonly scope: (<T>(context: RequestContext, work: () => T) => T) | undefined;
}

/** Puts the observers that `options` ask for behind `hooks`. Counting is always on. @throws TypeError for an invalid option */
export function createObservation(options: ObserveOptions, hooks: HookRunner, clock: Clock): Observation {
  const { logger, onDiagnostic, telemetry } = OBSERVE.read(options);
  if (telemetry?.propagate === true && telemetry.tracer === undefined) {
    throw new TypeError('telemetry.propagate needs telemetry.tracer: without spans there is nothing to propagate.');
  }
  const tracing = telemetry?.tracer && new Tracing(telemetry.tracer);
  const isPropagating = tracing !== undefined && telemetry?.propagate === true;
  const runner = isPropagating ? new HookRunner(tracing.propagatedBy(hooks.hooks)) : hooks;
  const recorder = new Recorder(clock);
  const diagnostics = new Diagnostics({ logger, onDiagnostic });

  runner.observe(recorder);
  if (logger !== undefined) runner.observe(new RequestLog(logger, clock));
  if (!diagnostics.silent) {
    runner.observe(new MisconfigurationChecks(diagnostics));
    runner.observe(new UpstreamChecks(diagnostics));
  }
  if (tracing !== undefined) runner.observe(tracing);
  if (telemetry?.meter !== undefined) runner.observe(meteredBy(telemetry.meter));
  return { hooks: runner, recorder, diagnostics, scope: tracing?.scope };
}
