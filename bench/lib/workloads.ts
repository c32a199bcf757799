import { FEATURE_WORKLOADS } from './feature-workloads.ts';
import type { Workload } from './workload.ts';

const PROXIES = [
  'bare',
  'hpm',
  'json-hpm',
  'gateway',
  'gateway-before',
  'gateway-undici',
  'gateway-http',
  'portkey',
  'nginx',
];
const QUICK_PROXIES = ['bare', 'hpm', 'gateway'];
const KIB = 1_024;

/** Traffic whose cost per request is compared. */
export const WORKLOADS: readonly Workload[] = [
  {
    id: 'W1',
    title: '1 KB request, 1 KB response, 32 clients',
    request: { bytes: KIB, messageBytes: KIB, stream: false },
    response: { kind: 'json', bytes: KIB },
    concurrency: 32,
    variants: PROXIES,
    quick: QUICK_PROXIES,
    latency: true,
    pace: 1,
  },
  {
    id: 'W2',
    title: '32 KB history, 4 KB response, 32 clients',
    request: { bytes: 32 * KIB, messageBytes: 700, stream: false },
    response: { kind: 'json', bytes: 4 * KIB },
    concurrency: 32,
    variants: PROXIES,
    quick: QUICK_PROXIES,
    latency: false,
    pace: 1,
  },
  {
    id: 'W3',
    title: '1 KB request, stream of 100 events of 200 B back to back, 32 clients',
    request: { bytes: KIB, messageBytes: KIB, stream: true },
    response: { kind: 'events', count: 100, bytes: 200 },
    concurrency: 32,
    variants: PROXIES,
    quick: QUICK_PROXIES,
    latency: false,
    pace: 1,
  },
  {
    id: 'W4',
    title: 'cache hits: 1 KB request, 1 KB response, 32 clients',
    request: { bytes: KIB, messageBytes: KIB, stream: false },
    response: { kind: 'json', bytes: KIB },
    concurrency: 32,
    variants: ['static', 'gateway-cache'],
    quick: ['static', 'gateway-cache'],
    latency: false,
    pace: 1,
  },
  {
    id: 'W4-32',
    title: 'cache hits: 32 KB request, 1 KB response, 32 clients',
    request: { bytes: 32 * KIB, messageBytes: 700, stream: false },
    response: { kind: 'json', bytes: KIB },
    concurrency: 32,
    variants: ['static', 'gateway-cache'],
    quick: ['static', 'gateway-cache'],
    latency: false,
    pace: 1,
  },
  {
    id: 'W5',
    title: '10 MB request of 2,500 messages, 1 KB response, 4 clients',
    request: { bytes: 10_000_000, messageBytes: 4_000, stream: false },
    response: { kind: 'json', bytes: KIB },
    concurrency: 4,
    variants: PROXIES,
    quick: QUICK_PROXIES,
    latency: false,
    pace: 1,
  },
  {
    id: 'stages',
    title: 'what each stage costs: 1 KB request, 1 KB response, 32 clients',
    request: { bytes: KIB, messageBytes: KIB, stream: false },
    response: { kind: 'json', bytes: KIB },
    concurrency: 32,
    variants: ['stages-0', 'stages-1', 'stages-2', 'stages-3', 'stages-4', 'stages-5', 'gateway'],
    quick: [],
    latency: false,
    pace: 1,
  },
  ...FEATURE_WORKLOADS,
];

const FORMATS = ['gateway', 'gateway-anthropic', 'gateway-gemini', 'gateway-bedrock'];

/** The cost of translation, compared with the same traffic to an upstream with OpenAI's API. */
export const FORMAT_WORKLOADS: readonly Workload[] = WORKLOADS.filter(({ id }) => ['W1', 'W2', 'W3'].includes(id)).map(
  (workload) => ({ ...workload, id: `formats-${workload.id}`, variants: FORMATS, quick: [], latency: false }),
);

/** Many streams open at once, each with an event now and then. */
export interface StreamLoad {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly everyMs: number;
  readonly variants: readonly string[];
  readonly quick: readonly string[];
}

const STREAM_PROXIES = ['bare', 'hpm', 'gateway', 'portkey', 'nginx'];

export const STREAM_LOADS: readonly StreamLoad[] = [
  {
    id: 'W3b',
    title: '200 streams, an event of 200 B every 10 ms each',
    count: 200,
    everyMs: 10,
    variants: STREAM_PROXIES,
    quick: [],
  },
  {
    id: 'idle-1000',
    title: '1,000 open streams, an event a second each',
    count: 1_000,
    everyMs: 1_000,
    variants: STREAM_PROXIES,
    quick: [],
  },
  {
    id: 'idle-5000',
    title: '5,000 open streams, an event a second each',
    count: 5_000,
    everyMs: 1_000,
    variants: STREAM_PROXIES,
    quick: [],
  },
];

/** The request of all streams. */
export const STREAM_REQUEST = { bytes: KIB, messageBytes: KIB, stream: true } as const;
export const STREAM_EVENT_BYTES = 200;

/** The id under which `plan()` is measured. */
export const PLAN = 'plan';

export const ALL_IDS: readonly string[] = [...WORKLOADS, ...FORMAT_WORKLOADS, ...STREAM_LOADS]
  .map(({ id }) => id)
  .concat(PLAN);
