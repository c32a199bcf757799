import { expressibleMembers } from '../shared/member-table.js';
import { BEDROCK_MEMBERS } from './members.js';
import type { BedrockModel } from './model-types.js';

const EXPRESSIBLE = [...expressibleMembers(BEDROCK_MEMBERS), 'include_reasoning'];

/**
 * Parameters that reach `model`, and those that are refused when it cannot be given them: only what would be left out
 * is missing, so that a filter never removes a member which this format has to refuse.
 */
export function supportedParameters(model: BedrockModel): ReadonlySet<string> {
  const supported = new Set(EXPRESSIBLE);
  if (model.nativeJsonSchema || (model.tools && model.forcedTools)) supported.add('structured_outputs');
  for (const [member, isSaid] of CONDITIONS) if (!isSaid(model)) supported.delete(member);
  return supported;
}

const CONDITIONS: readonly (readonly [string, (model: BedrockModel) => boolean])[] = [
  ['temperature', ({ sampling }) => sampling !== false],
  ['top_p', ({ sampling }) => sampling !== false],
  ['top_k', ({ family, sampling }) => family === 'nova' || (family === 'claude' && sampling !== false)],
  ['reasoning', ({ thinking }) => thinking !== 'none'],
  ['reasoning_effort', ({ thinking }) => thinking !== 'none'],
  ['include_reasoning', ({ thinking }) => thinking !== 'none'],
  ['parallel_tool_calls', ({ family }) => family === 'claude'],
];
