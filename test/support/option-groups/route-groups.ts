import { CALLER_OVERRIDES, ROUTE } from '../../../src/options/tables/route.js';
import { TIMEOUTS } from '../../../src/options/tables/timeouts.js';
import { ENDPOINT } from '../../../src/route/options/endpoint-options.js';
import { NETWORK } from '../../../src/route/options/network-options.js';
import { AUTH, PROVIDER } from '../../../src/route/options/provider-options.js';
import { PRICE_TIER, PRICING } from '../../../src/route/pricing-options.js';
import { route } from '../../../src/stages.js';
import { gateway, provider, PROVIDERS, TYPES, type PublicGroup } from './public-group.js';

/** Providers, their endpoints, and how they are reached. */
export const routeGroups: readonly PublicGroup[] = [
  {
    heading: '`route`',
    text: 'Of `createGateway` and the stage `route`.',
    group: ROUTE,
    type: ['RouteOptions', TYPES],
    at: '',
    base: { providers: PROVIDERS },
    take(options) {
      gateway(options);
      route(options as never);
    },
  },
  {
    heading: '`callerOverrides`',
    text: '',
    group: CALLER_OVERRIDES,
    type: ['CallerOverrideOptions', TYPES],
    at: 'callerOverrides.',
    base: {},
    take: (callerOverrides) => gateway({ callerOverrides }),
  },
  {
    heading: '`timeouts`, `providers.<key>.timeouts`',
    text: "A provider's own come before those of the top level, one by one.",
    group: TIMEOUTS,
    type: ['TimeoutOptions', 'options/provider-types.ts'],
    at: 'timeouts.',
    base: {},
    take(timeouts) {
      gateway({ timeouts });
      provider({ timeouts });
    },
  },
  {
    heading: '`providers.<key>`',
    text: "One entry of `providers`. The key is the provider's slug: letters, digits, `.`, `_` and `-`.",
    group: PROVIDER,
    type: ['ProviderOptions', 'options/provider-types.ts'],
    at: 'providers.p.',
    base: PROVIDERS.p,
    take: provider,
  },
  {
    heading: '`providers.<key>.auth`',
    text: 'A header of your choice.',
    group: AUTH,
    type: ['ProviderOptions', 'options/provider-types.ts'],
    at: 'providers.p.auth.',
    base: { header: 'x-key' },
    take: (auth) => provider({ auth }),
  },
  {
    heading: '`providers.<key>.network`',
    text: 'With examples: [network](network.md).',
    group: NETWORK,
    type: ['NetworkOptions', 'options/network.ts'],
    at: 'providers.p.network.',
    base: {},
    take: (network) => provider({ network }),
  },
  {
    heading: '`providers.<key>.models.<name>`',
    text: 'One endpoint: a model at a provider.',
    group: ENDPOINT,
    type: ['EndpointOptions', 'options/provider-types.ts'],
    at: 'providers.p.models["m"].',
    base: {},
    take: (m) => provider({ models: { m } }),
  },
  {
    heading: '`providers.<key>.models.<name>.pricing`',
    text: '',
    group: PRICING,
    type: ['PricingOptions', 'options/provider-types.ts'],
    at: 'providers.p.models["m"].pricing.',
    base: { prompt: 1, completion: 2 },
    take: (pricing) => provider({ models: { m: { pricing } } }),
  },
  {
    heading: '`providers.<key>.models.<name>.pricing.tiers[<n>]`',
    text: 'Holds for all tokens of a request whose prompt is longer than `above`.',
    group: PRICE_TIER,
    type: ['PriceTierOptions', 'options/provider-types.ts'],
    at: 'providers.p.models["m"].pricing.tiers[0].',
    base: { above: 100 },
    take: (tier) => provider({ models: { m: { pricing: { prompt: 1, completion: 2, tiers: [tier] } } } }),
  },
];
