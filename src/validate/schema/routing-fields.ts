import {
  decimal,
  flag,
  list,
  object,
  orNull,
  record,
  shortText,
  text,
  whole,
  word,
  wordOr,
  type Schema,
} from './build.js';

const SORTS = ['price', 'throughput', 'latency'];
const slugs = orNull(list(text));
const price = orNull(decimal(0));
const perhaps = orNull(flag);

// The key becomes a header value of the upstream request, so control characters are refused.
const apiKey: Schema = { type: 'string', pattern: '^[\\x20-\\x7e]*$' };

export const endpointOverride = object({ base_url: orNull(text), timeout: orNull(whole(1, 600_000)) });

export const providerConfigOverride = object({
  api_key: orNull(apiKey),
  base_url: orNull(text),
  endpoint_overrides: orNull(record(orNull(endpointOverride))),
});

// A number, or a number as text, as OpenRouter's own SDK sends it.
const priceOrText: Schema = {
  type: ['number', 'string', 'null'],
  minimum: 0,
  pattern: '^[0-9]{1,20}(?:\\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?$',
  form: 'a number, 0 or more',
};

const cutoff = orNull(decimal(0));
const cutoffs: Schema = {
  ...object({ p50: cutoff, p75: cutoff, p90: cutoff, p99: cutoff }),
  type: ['number', 'object', 'null'],
  minimum: 0,
};

export const maxPrice = object({
  prompt: priceOrText,
  completion: priceOrText,
  request: priceOrText,
  image: priceOrText,
  audio: priceOrText,
});

export const sortPreference = object({ by: orNull(word(...SORTS)), partition: orNull(word('model', 'none')) });

/** OpenRouter's `provider` object. */
export const providerPreferences = object({
  order: slugs,
  only: slugs,
  ignore: slugs,
  sort: orNull(wordOr(SORTS, sortPreference)),
  quantizations: slugs,
  data_collection: orNull(word('allow', 'deny')),
  zdr: perhaps,
  enforce_distillable_text: perhaps,
  require_parameters: perhaps,
  allow_fallbacks: perhaps,
  max_price: orNull(maxPrice),
  preferred_min_throughput: cutoffs,
  preferred_max_latency: cutoffs,
});

/** Members that the gateway reads itself and does not send upstream. `""`, `[]` and `null` all mean "not set". */
export const routingFields = {
  models: slugs,
  provider_configs: orNull(record(orNull(providerConfigOverride))),
  // Unknown values are refused: ignoring one would break a promise about the caller's data, or the requested order.
  provider_data_collection: orNull(word('allow', 'deny', '')),
  provider_enforce_distillable_text: perhaps,
  provider_ignore: slugs,
  provider_max_completion_price: price,
  provider_max_image_price: price,
  provider_max_prompt_price: price,
  provider_max_request_price: price,
  provider_only: slugs,
  provider_order: slugs,
  provider_quantizations: slugs,
  provider_require_parameters: perhaps,
  provider_sort: orNull(word(...SORTS, '')),
  provider_zdr: perhaps,
} as const satisfies Readonly<Record<string, Schema>>;

/** As `routingFields`, for members that are not in the published document. */
export const addedRoutingFields = {
  provider_allow_fallbacks: perhaps,
  provider: orNull(providerPreferences),
  session_id: orNull(shortText(256)),
} as const satisfies Readonly<Record<string, Schema>>;
