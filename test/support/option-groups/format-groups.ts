import { SIG_V4, sigV4 } from '../../../src/aws/sig-v4.js';
import { ANTHROPIC, anthropic } from '../../../src/formats/anthropic/anthropic.js';
import { ANTHROPIC_TRAITS } from '../../../src/formats/anthropic/traits.js';
import { AZURE, azure } from '../../../src/formats/azure/azure.js';
import { bedrock } from '../../../src/formats/bedrock/bedrock.js';
import { BEDROCK_TRAITS } from '../../../src/formats/bedrock/model.js';
import { BEDROCK, GUARDRAIL } from '../../../src/formats/bedrock/options.js';
import { GEMINI, gemini } from '../../../src/formats/gemini/gemini.js';
import { GEMINI_TRAITS } from '../../../src/formats/gemini/models.js';
import type { WireFormat } from '../../../src/contracts/wire-format.js';
import type { OptionGroup } from '../../../src/options/group.js';
import { provider, type PublicGroup } from './public-group.js';

/** Wire formats, and the signer for AWS. */
export const formatGroups: readonly PublicGroup[] = [
  ...(
    [
      ['anthropic', ANTHROPIC, 'AnthropicOptions', 'formats/anthropic/anthropic.ts', anthropic],
      ['azure', AZURE, 'AzureOptions', 'formats/azure/azure.ts', azure],
      ['bedrock', BEDROCK, 'BedrockOptions', 'formats/bedrock/options.ts', bedrock],
      [
        'gemini',
        GEMINI,
        'GeminiOptions',
        'formats/gemini/gemini.ts',
        (options) => gemini({ door: 'vertex', ...options }),
      ],
    ] satisfies [string, OptionGroup, string, string, (options: object) => unknown][]
  ).map(([name, group, type, file, take]) => ({
    heading: `\`${name}(options)\``,
    text: 'A format of `providers.<key>.format`.',
    group,
    type: [type, file] as const,
    at: `${name}().`,
    base: {},
    take,
  })),
  {
    heading: '`bedrock({ guardrail })`',
    text: '',
    group: GUARDRAIL,
    type: ['BedrockGuardrail', 'formats/bedrock/options.ts'],
    at: 'bedrock().guardrail.',
    base: { identifier: 'g', version: '1' },
    take: (guardrail) => bedrock({ guardrail: guardrail as never }),
  },
  {
    heading: '`sigV4(options)`',
    text: 'Of `nordlys-proxy/aws`.',
    group: SIG_V4,
    type: ['SigV4Options', 'aws/sig-v4.ts'],
    at: 'sigV4().',
    base: { credentials: { accessKeyId: 'A', secretAccessKey: 'S' } },
    take: (options) => sigV4(options as never),
  },
  ...(
    [
      ['anthropic', ANTHROPIC_TRAITS, 'AnthropicTraits', 'formats/anthropic/traits.ts', anthropic()],
      ['bedrock', BEDROCK_TRAITS, 'BedrockModel', 'formats/bedrock/model-types.ts', bedrock({ region: 'eu-north-1' })],
      ['gemini', GEMINI_TRAITS, 'GeminiTraits', 'formats/gemini/models.ts', gemini()],
    ] satisfies [string, OptionGroup, string, string, WireFormat][]
  ).map(([name, group, type, file, format]) => ({
    heading: `\`models.<name>.format\` with \`${name}\``,
    text: 'What the model can do.',
    group,
    type: [type, file] as const,
    at: 'providers.p.models["m"].format.',
    base: {},
    take: (traits: object) => provider({ format, models: { m: { format: traits } } }),
  })),
];
