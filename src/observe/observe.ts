import type { RequestContext } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import { HookRunner } from '../request/hooks.js';
import { OBSERVE } from '../options/tables/observe.js';
import type { ObserveOptions } from '../options/types.js';
import { Diagnostics } from './diagnostics.js';
import { MisconfigurationChecks } from './misconfiguration-checks.js';
import { RequestLog } from './log.js';
import { CallEvents } from './call-events.js';
import { CallerUsage } from './caller-usage.js';
import { ContentAttributes } from './content.js';
import { meteredBy, type Metering } from './metering.js';
import { Recorder } from './recorder.js';
import { UpstreamChecks } from './upstream-checks.js';
import { ResponseWatch, type OnChunkInterval } from './response-watch.js';
import { resolveTelemetry, type Conventions, type RedactText } from './telemetry-options.js';
import { Tracing } from './tracing.js';

/** The observers of one gateway, and what other parts need of them. */
export interface Observation {
  /** The host's hooks, with our observers behind them. */
  readonly hooks: HookRunner;
  readonly recorder: Recorder;
  readonly diagnostics: Diagnostics;
  /** Runs a request within its span; `undefined` without a tracer. */
  readonly scope: (<T>(context: RequestContext, work: () => T) => T) | undefined;
}

/** What observers need besides their options. */
export interface ObservationParts {
  readonly hooks: HookRunner;
  readonly clock: Clock;
  /** Redacts captured content where `telemetry.redact` is not given. */
  readonly redact: RedactText | undefined;
}

/** Adds the observers that `options` require to the hooks. Counting is always on. @throws TypeError for an invalid option */
export function createObservation(options: ObserveOptions, { hooks, clock, redact }: ObservationParts): Observation {
  const { logger, onDiagnostic, telemetry } = OBSERVE.read(options);
  const { tracer, meter, events, propagate, conventions, content, maxCallers } = resolveTelemetry(telemetry, redact);
  const metering = meter && meteredBy(meter, conventions, maxCallers !== undefined);
  const callers =
    maxCallers === undefined
      ? undefined
      : new CallerUsage(maxCallers, (label, used) => metering?.callerUsed(label, used));
  const recorder = new Recorder(clock, { conventions, callers: callers?.counters });
  const captured = content && new ContentAttributes(content);
  const watch = watchFor({ conventions, captured, clock }, recorder, metering);
  const tracing = tracer && new Tracing(tracer, { conventions, captured, watch });
  const runner = tracing !== undefined && propagate ? new HookRunner(tracing.propagatedBy(hooks.hooks)) : hooks;
  const diagnostics = new Diagnostics({ logger, onDiagnostic });

  runner.observe(recorder);
  if (watch !== undefined) runner.observe(watch);
  if (callers !== undefined) runner.observe(callers);
  if (logger !== undefined) runner.observe(new RequestLog(logger, clock));
  if (!diagnostics.silent) {
    runner.observe(new MisconfigurationChecks(diagnostics));
    runner.observe(new UpstreamChecks(diagnostics));
  }
  if (tracing !== undefined) runner.observe(tracing);
  if (metering !== undefined) runner.observe(metering);
  if (events !== undefined) runner.observe(new CallEvents(events, captured, watch));
  return { hooks: runner, recorder, diagnostics, scope: tracing?.scope };
}

interface WatchNeeds {
  readonly conventions: Conventions;
  readonly captured: ContentAttributes | undefined;
  readonly clock: Clock;
}

/** Responses are only watched where content is captured, or where the names of the conventions need it. */
function watchFor(
  { conventions, captured, clock }: WatchNeeds,
  recorder: Recorder,
  metering: Metering | undefined,
): ResponseWatch | undefined {
  if (!conventions.current && captured === undefined) return undefined;
  const onChunkInterval: OnChunkInterval = (endpoint, seconds) => {
    recorder.chunkInterval(endpoint, seconds);
    metering?.chunkInterval(endpoint, seconds);
  };
  return new ResponseWatch({
    clock,
    onChunkInterval: conventions.current ? onChunkInterval : undefined,
    collectBytes: captured?.collectBytes,
  });
}
