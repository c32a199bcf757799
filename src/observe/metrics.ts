import type { Endpoint } from '../contracts/routing.js';
import type { LimitStatistics } from '../limit/limit.js';
import type { GatewayStatus } from '../status.js';
import { Exposition } from './exposition.js';
import type { CallerCounters } from './caller-counters.js';
import { writeGenAi } from './gen-ai-metrics.js';
import { CALLER_METRICS } from './gen-ai.js';
import type { EndpointCounters, Recorder } from './recorder.js';

/** Everything that is known of a gateway, as Prometheus reads it. */
export function metricsText(recorder: Recorder, status: GatewayStatus, limits?: LimitStatistics): string {
  const text = new Exposition();
  const endpoints = [...recorder.endpoints.values()];
  writeGenAi(text, endpoints, recorder.conventions);
  writeCalls(text, endpoints);
  writeRequests(text, recorder);
  if (recorder.callers !== undefined) writeCallers(text, recorder.callers);
  writeState(text, status);
  if (limits !== undefined) writeLimits(text, limits);
  return text.toString();
}

function writeCalls(text: Exposition, endpoints: readonly EndpointCounters[]): void {
  const attempts = text.family('nordlys_attempts_total', 'counter', 'Upstream calls by how they ended.');
  for (const { endpoint, durations: byOutcome } of endpoints) {
    for (const [outcome, { count }] of byOutcome) attempts.sample(count, { ...names(endpoint), outcome });
  }
  const costs = text.family('nordlys_cost_usd_total', 'counter', 'Cost of delivered responses, in USD.');
  for (const { endpoint, costUsd } of endpoints) costs.sample(costUsd, names(endpoint));
}

function writeCallers(text: Exposition, callers: CallerCounters): void {
  const all = [...callers.entries()];
  const requests = text.family('nordlys_caller_requests_total', 'counter', CALLER_METRICS.requests.description);
  for (const [caller, counts] of all) requests.sample(counts.requests, { caller });
  const tokens = text.family('nordlys_caller_tokens_total', 'counter', CALLER_METRICS.tokens.description);
  for (const [caller, { inputTokens, outputTokens }] of all) {
    tokens.sample(inputTokens, { caller, type: 'input' });
    tokens.sample(outputTokens, { caller, type: 'output' });
  }
  const costs = text.family('nordlys_caller_cost_usd_total', 'counter', CALLER_METRICS.cost.description);
  for (const [caller, { costUsd }] of all) costs.sample(costUsd, { caller });
}

function writeRequests(text: Exposition, { requests, errors, cache }: Recorder): void {
  const durations = text.family(
    'http_server_request_duration_seconds',
    'histogram',
    'Chat requests, from their head to the last byte of the response. 499: the client disconnected.',
  );
  for (const [status, histogram] of requests) {
    durations.histogram(histogram, {
      'http.request.method': 'POST',
      'http.route': '/chat/completions',
      'http.response.status_code': status,
    });
  }
  const errorCounts = text.family('nordlys_errors_total', 'counter', 'Errors that clients received, by code.');
  for (const [code, count] of errors) errorCounts.sample(count, { code });
  const cached = text.family('nordlys_cache_requests_total', 'counter', 'Requests by the result of the cache lookup.');
  for (const [result, count] of Object.entries(cache)) cached.sample(count, { result: result.toLowerCase() });
}

function writeState(text: Exposition, { inFlight, draining, sockets, endpoints }: GatewayStatus): void {
  text.family('nordlys_requests_in_flight', 'gauge', 'Requests at work.').sample(inFlight);
  text.family('nordlys_draining', 'gauge', '1 from drain() on.').sample(Number(draining));
  const connections = text.family('nordlys_upstream_sockets', 'gauge', 'Connections to providers.');
  connections.sample(sockets.active, { state: 'active' });
  connections.sample(sockets.idle, { state: 'idle' });
  const breakers = text.family('nordlys_breaker_state', 'gauge', '1 for the state that the circuit breaker is in.');
  for (const { slug, model, readiness } of endpoints) {
    const current = readiness?.breaker.state ?? 'closed';
    for (const state of BREAKER_STATES) breakers.sample(Number(state === current), { endpoint: slug, model, state });
  }
}

/** By rule, not by caller: the number of series must not grow with the number of callers. */
function writeLimits(text: Exposition, limits: LimitStatistics): void {
  const events = text.family(
    'nordlys_limit_requests_total',
    'counter',
    'Requests that a limit refused, warned or sent to other models.',
  );
  for (const [rule, counts] of limits.events) {
    for (const [event, count] of counts) events.sample(count, { rule, event });
  }
  text
    .family(
      'nordlys_budget_exclusions_total',
      'counter',
      'Attempts that were not made, as the budget did not pay for them.',
    )
    .sample(limits.budgetExclusions);
  text
    .family('nordlys_limit_store_faults_total', 'counter', 'Calls of the limit store that failed or came too late.')
    .sample(limits.storeFaults);
  text.family('nordlys_limit_debts', 'gauge', 'Settlements that wait for the limit store.').sample(limits.debts);
  text.family('nordlys_limit_lost_total', 'counter', 'Settlements that could not be kept.').sample(limits.lost);
  text
    .family('nordlys_spend_dropped_total', 'counter', 'Spend records that were given up.')
    .sample(limits.droppedRecords);
}

const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

function names({ provider, slug, model }: Endpoint): Record<string, string> {
  return { provider: provider.slug, endpoint: slug, model };
}
