import type { Clock } from '../contracts/clock.js';
import type { GuardOptions } from '../contracts/guard.js';
import { GatewayError } from '../errors/gateway-error.js';
import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { HookRunner } from '../request/hooks.js';
import { CancelSource } from '../util/cancellation.js';
import { GuardAborted, type GuardContext } from './call-guard.js';
import { BlockedByGuard } from './blocked.js';
import { conversationOf } from './conversation.js';
import { resolveGuardOptions, type ResolvedGuards } from './guard-options.js';
import { checkBefore, checkBeside, type CheckedPrompt } from './input/check-input.js';
import { ResponseChannels } from './output/channels.js';
import { GuardedSink } from './output/guarded-sink.js';
import { PlaceholderTable } from './placeholders.js';
import { GuardedResponse } from './response-gate.js';

export interface GuardParts {
  readonly clock: Clock;
  readonly hooks: Pick<HookRunner, 'reportFailure'>;
}

/**
 * Checks the prompt, and puts the checks of the response in front of the client. Runs between `validate` and `route`.
 * @throws TypeError for an option that is wrong.
 */
export function createGuard(options: GuardOptions, parts: GuardParts): Stage {
  const guards = resolveGuardOptions(options);
  const { clock, hooks } = parts;
  const reportFailure = (guard: string, error: unknown): void => hooks.reportFailure(`guard ${guard}`, error);

  return function guard(context) {
    const { request, body } = context;
    if (request === undefined || body === undefined) {
      throw new TypeError('guard needs what validate leaves behind: mount it before guard.');
    }
    context.guardDigest = guards.digest;
    const { requestId, caller, cancelSignal } = context;
    const table = new PlaceholderTable(conversationOf(request, caller, context.req.headers['x-session-id']));
    const checks: GuardContext = { clock, requestId, caller, request, cancelSignal, reportFailure };
    const admit = (prompt: CheckedPrompt): StageOutcome => {
      context.request = prompt.request;
      context.body = prompt.body;
      guardResponse(context, guards, table, { ...checks, request: prompt.request });
      return 'next';
    };
    let checked: CheckedPrompt | Promise<CheckedPrompt>;
    try {
      checked = checkBefore(guards.before, { request, body }, checks, table);
    } catch (error) {
      throw refusal(error);
    }
    if (!(checked instanceof Promise)) return admit(checked);
    return checked.then(admit, (error: unknown) => {
      throw refusal(error);
    });
  };
}

/** Puts the guards of the response, and those beside the upstream call, in front of the client. */
function guardResponse(
  context: RequestContext,
  guards: ResolvedGuards,
  table: PlaceholderTable,
  checks: GuardContext,
): void {
  const { output, beside } = guards;
  if (output.length === 0 && beside.length === 0 && table.size === 0) return;
  const client = context.sink;
  // Aborts running checks when the response has ended, for whatever reason.
  const ended = new CancelSource();
  const response = new GuardedResponse(context, client, () => sink.restart());
  const checkContext: GuardContext = { ...checks, cancelSignal: ended };
  const { response_format: format } = checks.request;
  const sink = new GuardedSink(
    client,
    {
      clock: checks.clock,
      response,
      channels: (onBlock) =>
        new ResponseChannels({
          guards: output,
          table,
          context: checkContext,
          respondsInJson: format?.type === 'json_object' || format?.type === 'json_schema',
          onBlock,
        }),
      changesText: table.size > 0 || output.some(({ mode }) => mode !== 'watch'),
      holdsAll: output.some(({ mode }) => mode === 'whole'),
    },
    beside.length === 0,
  );
  response.onEnd(() => {
    sink.close();
    ended.abort();
  });
  context.sink = sink;
  context.responseGate = response;
  context.cancelSignal = response.cancelSignal;
  if (beside.length > 0) {
    checkBeside(beside, checks.request, checkContext).then(
      () => sink.openGate(),
      (error: unknown) => sink.block(error),
    );
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof BlockedByGuard) return error.error;
  if (error instanceof GuardAborted)
    return new GatewayError('client_closed_request', 'The client closed the connection.');
  return error;
}
