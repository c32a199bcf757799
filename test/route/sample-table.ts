import { readFileSync } from 'node:fs';
import type { Snapshot } from '../../src/contracts/routing.js';
import type { EndpointOptions } from '../../src/options/provider-types.js';
import type { RouteOptions } from '../../src/options/types.js';

/** A row of the sample table, as the fixture writes it. */
interface Row {
  readonly id: string;
  readonly model: string;
  readonly tag: string;
  readonly quantization: string | null;
  readonly prompt: number;
  readonly completion: number;
  readonly request: number;
  readonly image: number;
  readonly context_length: number;
  readonly max_completion_tokens: number;
  readonly supported_parameters: readonly string[];
  readonly trains: boolean;
  readonly zdr: boolean;
  readonly stable: boolean;
  readonly throughput: Metric | null;
  readonly latency: Metric | null;
  readonly tier: 'flex' | 'priority' | null;
}

interface Metric {
  readonly p50: number;
  readonly p90: number;
}

export interface RoutingCase {
  readonly id: string;
  readonly title: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly context: {
    readonly u?: number;
    readonly prompt_tokens?: number;
    readonly partition?: 'model' | 'none';
    readonly sticky?: string;
    readonly patch?: Readonly<Record<string, Partial<Row>>>;
  };
  readonly expect: readonly string[] | ExpectedError;
}

interface ExpectedError {
  readonly status: number;
  readonly code: string;
  readonly excluded_by?: readonly string[];
  readonly field?: string;
}

interface Fixture {
  readonly endpoints: readonly Row[];
  readonly distillable: Readonly<Record<string, boolean>>;
  readonly cases: readonly RoutingCase[];
}

const fixture = JSON.parse(readFileSync(new URL('../fixtures/cases/routing.json', import.meta.url), 'utf8')) as Fixture;

export const routingCases = fixture.cases;

/** The sample table's providers: four that serve its models, and one that serves none of them. */
export const sampleOptions: RouteOptions = { providers: toProviders(fixture.endpoints) };

function toProviders(rows: readonly Row[]): RouteOptions['providers'] {
  const providers: Record<string, { baseUrl: string; models: Record<string, EndpointOptions[]> }> = {};
  for (const slug of ['alpha', 'beta', 'gamma', 'delta']) {
    providers[slug] = { baseUrl: `https://${slug}.example/v1`, models: {} };
  }
  providers['azure'] = { baseUrl: 'https://azure.example/v1', models: { 'azure/other': [{ tier: 'flex' }] } };
  for (const row of rows) {
    const [slug = '', ...rest] = row.tag.split('/');
    const models = providers[slug]?.models ?? {};
    (models[row.model] ??= []).push({ ...toEndpoint(row), ...(rest.length > 0 ? { tag: rest.join('/') } : {}) });
  }
  return providers;
}

function toEndpoint(row: Row): EndpointOptions {
  return {
    pricing: { prompt: row.prompt, completion: row.completion, request: row.request, image: row.image },
    contextLength: row.context_length,
    maxCompletionTokens: row.max_completion_tokens,
    supportedParameters: row.supported_parameters,
    quantization: row.quantization ?? undefined,
    zdr: row.zdr,
    dataCollection: row.trains ? 'allow' : 'deny',
    distillable: fixture.distillable[row.model],
    tier: row.tier ?? undefined,
  };
}

/** Health and speed of the sample table, with changes. */
export function sampleSnapshot(patch: RoutingCase['context']['patch'] = {}): Snapshot {
  return Object.fromEntries(
    fixture.endpoints.map((row) => {
      const { tag, model, stable, throughput, latency } = { ...row, ...patch[row.id] };
      return [
        `${tag} ${model}`,
        { health: stable ? 'ok' : 'degraded', throughput: throughput ?? undefined, latency: latency ?? undefined },
      ] as const;
    }),
  );
}

/** The row's id: `A1` for `alpha acme/chat-70b`. */
export function idOf({ slug, model }: { readonly slug: string; readonly model: string }): string {
  const row = fixture.endpoints.find((each) => each.tag === slug && each.model === model);
  return row?.id ?? `${slug} ${model}`;
}

/** The slug of row `id`. */
export function slugOf(id: string): string {
  return fixture.endpoints.find((row) => row.id === id)?.tag ?? id;
}
