import type { Endpoint } from '../contracts/routing.js';
import type { LimitStatistics } from '../limit/limit.js';
import type { GatewayStatus } from '../status.js';
import { Exposition } from './exposition.js';
import { endpointAttributes, METRICS } from './gen-ai.js';
import type { EndpointCounters, Recorder } from './recorder.js';

/** Everything that is known of a gateway, as Prometheus reads it. */
export function metricsText(recorder: Recorder, status: GatewayStatus, limits?: LimitStatistics): string {
  const text = new Exposition();
  writeCalls(text, [...recorder.endpoints.values()]);
  writeRequests(text, recorder);
  writeState(text, status);
  if (limits !== undefined) writeLimits(text, limits);
  return text.toString();
}

function writeCalls(text: Exposition, endpoints: readonly EndpointCounters[]): void {
  const durations = text.family('gen_ai_client_operation_duration_seconds', 'histogram', METRICS.duration.description);
  for (const { endpoint, durations: byOutcome } of endpoints) {
    for (const [outcome, histogram] of byOutcome) {
      const failure = outcome === 'ok' ? {} : { 'error.type': outcome };
      durations.histogram(histogram, { ...endpointAttributes(endpoint), ...failure });
    }
  }
  const firstChunks = text.family(
    'gen_ai_client_operation_time_to_first_chunk_seconds',
    'histogram',
    METRICS.firstChunk.description,
  );
  for (const { endpoint, firstChunk } of endpoints) {
    if (firstChunk.count > 0) firstChunks.histogram(firstChunk, endpointAttributes(endpoint));
  }
  const tokens = text.family('gen_ai_client_token_usage', 'histogram', METRICS.tokens.description);
  for (const { endpoint, inputTokens, outputTokens } of endpoints) {
    const labels = endpointAttributes(endpoint);
    if (inputTokens.count > 0) tokens.histogram(inputTokens, { ...labels, 'gen_ai.token.type': 'input' });
    if (outputTokens.count > 0) tokens.histogram(outputTokens, { ...labels, 'gen_ai.token.type': 'output' });
  }
  const attempts = text.family('nordlys_attempts_total', 'counter', 'Upstream calls by how they ended.');
  for (const { endpoint, durations: byOutcome } of endpoints) {
    for (const [outcome, { count }] of byOutcome) attempts.sample(count, { ...names(endpoint), outcome });
  }
  const costs = text.family('nordlys_cost_usd_total', 'counter', 'What delivered answers cost, in USD.');
  for (const { endpoint, costUsd } of endpoints) costs.sample(costUsd, names(endpoint));
}

function writeRequests(text: Exposition, { requests, errors, cache }: Recorder): void {
  const durations = text.family(
    'http_server_request_duration_seconds',
    'histogram',
    'Chat requests, from their head to the last byte of the answer. 499: the client left.',
  );
  for (const [status, histogram] of requests) {
    durations.histogram(histogram, {
      'http.request.method': 'POST',
      'http.route': '/chat/completions',
      'http.response.status_code': status,
    });
  }
  const told = text.family('nordlys_errors_total', 'counter', 'Errors that clients were told, by code.');
  for (const [code, count] of errors) told.sample(count, { code });
  const cached = text.family('nordlys_cache_requests_total', 'counter', 'Requests by what the cache said.');
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

/** By rule, never by caller: the number of series does not grow with theirs. */
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
