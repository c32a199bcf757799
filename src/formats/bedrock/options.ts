import type { JsonObject } from '../../util/json-object.js';
import { knownMembers, optionalOneOf, optionError, text } from '../../options/checks.js';

/** Options of the format `bedrock`. */
export interface BedrockOptions {
  /**
   * AWS region. Gives the format a base URL, so that the provider's options need none: `eu-central-1`.
   * @defaultValue none; `baseUrl` must then be set
   */
  readonly region?: string | undefined;
  /** A guardrail that every request is sent with. */
  readonly guardrail?: BedrockGuardrail | undefined;
}

/** A guardrail of Amazon Bedrock. Where it intervenes, the response ends with `content_filter`. */
export interface BedrockGuardrail {
  /** Id or ARN. */
  readonly identifier: string;
  /** `DRAFT`, or a number as text. */
  readonly version: string;
  /** @defaultValue AWS's own: `disabled` */
  readonly trace?: 'enabled' | 'disabled' | 'enabled_full' | undefined;
  /** `sync` checks a stream before it is passed on. @defaultValue AWS's own: `sync` */
  readonly streamProcessingMode?: 'sync' | 'async' | undefined;
}

/** Checked options: what they add to the format and to each body. */
export interface CheckedOptions {
  readonly baseUrl: string | undefined;
  guardrailConfig(stream: boolean): JsonObject;
}

/** @throws TypeError that names the option. */
export function checkBedrockOptions(options: BedrockOptions): CheckedOptions {
  const { region, guardrail } = knownMembers('bedrock()', options, ['region', 'guardrail']);
  return {
    baseUrl: region === undefined || region === null ? undefined : baseUrlOf(region),
    guardrailConfig: guardrailOf(guardrail),
  };
}

function baseUrlOf(region: unknown): string {
  if (typeof region !== 'string' || !/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(region)) {
    throw optionError('bedrock().region', 'must be an AWS region such as "us-east-1"', region);
  }
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://bedrock-runtime.${region}.${domain}`;
}

function guardrailOf(value: unknown): CheckedOptions['guardrailConfig'] {
  if (value === undefined || value === null) return () => ({});
  const path = 'bedrock().guardrail';
  const members = knownMembers(path, value, ['identifier', 'version', 'trace', 'streamProcessingMode']);
  const trace = optionalOneOf(`${path}.trace`, members['trace'], ['enabled', 'disabled', 'enabled_full']);
  const mode = optionalOneOf(`${path}.streamProcessingMode`, members['streamProcessingMode'], ['sync', 'async']);
  const config = {
    guardrailIdentifier: text(`${path}.identifier`, members['identifier']),
    guardrailVersion: text(`${path}.version`, members['version']),
    ...(trace === undefined ? {} : { trace }),
  };
  const whole = { guardrailConfig: config };
  const streamed = mode === undefined ? whole : { guardrailConfig: { ...config, streamProcessingMode: mode } };
  return (stream) => (stream ? streamed : whole);
}
