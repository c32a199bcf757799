import type { JsonObject } from '../../util/json-object.js';
import { defineOptions, type Parsed, type RowsFor } from '../../options/group.js';
import { choice, matching, nested, word } from '../../options/rows.js';

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
  /** Whether the response reports what the guardrail did. @defaultValue AWS's own: `disabled` */
  readonly trace?: 'enabled' | 'disabled' | 'enabled_full' | undefined;
  /** `sync` checks a stream before it is passed on. @defaultValue AWS's own: `sync` */
  readonly streamProcessingMode?: 'sync' | 'async' | undefined;
}

/** Checked options: what they add to the format and to each body. */
export interface CheckedOptions {
  readonly baseUrl: string | undefined;
  guardrailConfig(stream: boolean): JsonObject;
}

export const GUARDRAIL = defineOptions({
  path: 'bedrock().guardrail',
  rows: {
    identifier: word('Id or ARN.').required(),
    version: word('`DRAFT`, or a number as text.').required(),
    trace: choice(
      ['enabled', 'disabled', 'enabled_full'],
      "Whether the response has the guardrail's trace.",
    ).defaultsTo("AWS's own: `disabled`"),
    streamProcessingMode: choice(['sync', 'async'], '`sync` checks a stream before it is passed on.').defaultsTo(
      "AWS's own: `sync`",
    ),
  } satisfies RowsFor<BedrockGuardrail>,
});

export const BEDROCK = defineOptions({
  path: 'bedrock()',
  rows: {
    region: matching(
      /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/,
      'an AWS region such as "us-east-1"',
      'AWS region. Gives the provider a base URL.',
    ),
    guardrail: nested(GUARDRAIL, 'A guardrail that every request is sent with.'),
  } satisfies RowsFor<BedrockOptions>,
});

/** @throws TypeError that names the option. */
export function checkBedrockOptions(options: BedrockOptions): CheckedOptions {
  const { region, guardrail } = BEDROCK.parse(options);
  return {
    baseUrl: region === undefined ? undefined : baseUrlOf(region),
    guardrailConfig: guardrailOf(guardrail),
  };
}

function baseUrlOf(region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://bedrock-runtime.${region}.${domain}`;
}

function guardrailOf(guardrail: Parsed<typeof GUARDRAIL.rows> | undefined): CheckedOptions['guardrailConfig'] {
  if (guardrail === undefined) return () => ({});
  const { identifier, version, trace, streamProcessingMode: mode } = guardrail;
  const config = {
    guardrailIdentifier: identifier,
    guardrailVersion: version,
    ...(trace === undefined ? {} : { trace }),
  };
  const whole = { guardrailConfig: config };
  const streamed = mode === undefined ? whole : { guardrailConfig: { ...config, streamProcessingMode: mode } };
  return (stream) => (stream ? streamed : whole);
}
