import type { Workload } from './workload.ts';

const KIB = 1_024;

/** Milliseconds that a model takes to its first token, in the workload that measures what is added to it. */
const FIRST_TOKEN_MS = 20;

const JSON_1K = {
  request: { bytes: KIB, messageBytes: KIB, stream: false },
  response: { kind: 'json', bytes: KIB },
  concurrency: 32,
  quick: [],
  latency: false,
  pace: 1,
} as const satisfies Partial<Workload>;

/** What the router and the guards cost: the gateway without them, and with one of them, in the same rounds. */
export const FEATURE_WORKLOADS: readonly Workload[] = [
  {
    ...JSON_1K,
    id: 'router',
    title: 'what the router costs: 1 KB request, 1 KB response, 32 clients',
    variants: ['gateway', 'gateway-before', 'router-named', 'router-auto', 'router-auto-new'],
  },
  {
    ...JSON_1K,
    id: 'guards',
    title: 'what guards cost: 1 KB request, 1 KB response, 32 clients',
    variants: [
      'gateway',
      'gateway-before',
      'guards-empty',
      'guard-input',
      'guard-beside',
      'guard-hold',
      'redact-input',
      'redact-restore',
      'redact-output',
    ],
  },
  {
    ...JSON_1K,
    id: 'guards-stream',
    title: 'what guards cost: 1 KB request, stream of 100 events of 200 B back to back, 32 clients',
    request: { bytes: KIB, messageBytes: KIB, stream: true },
    response: { kind: 'events', count: 100, bytes: 200 },
    variants: ['gateway', 'guards-empty', 'guard-beside', 'guard-hold', 'redact-restore', 'redact-output'],
  },
  {
    ...JSON_1K,
    id: 'first-token',
    title: `what guards add to the first token: a stream of 2 events, ${FIRST_TOKEN_MS} ms after the request, 1 client`,
    request: { bytes: KIB, messageBytes: KIB, stream: true },
    response: { kind: 'events', count: 2, bytes: 200, afterMs: FIRST_TOKEN_MS },
    concurrency: 1,
    latency: true,
    variants: ['gateway', 'slow-beside', 'slow-before'],
  },
];
