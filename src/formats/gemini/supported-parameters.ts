import type { ModelFacts } from '../../contracts/wire-format.js';
import { expressibleMembers } from '../shared/member-table.js';
import { geminiMembers } from './members.js';
import { traitsOf } from './models.js';

const EXPRESSIBLE: readonly string[] = [
  ...expressibleMembers(geminiMembers),
  'include_reasoning',
  // Vocabulary of endpoints for a `response_format` with a schema.
  'structured_outputs',
];

/**
 * Names of the parameters that reach the model.
 * @throws TypeError for a trait that does not exist or has no usable value.
 */
export function supportedParameters(model: ModelFacts): ReadonlySet<string> {
  const { thinking, penalties, logprobs } = traitsOf(model);
  const names = new Set(EXPRESSIBLE);
  const remove = (...removed: readonly string[]): void => removed.forEach((name) => names.delete(name));
  if (thinking === 'none') remove('reasoning', 'reasoning_effort', 'include_reasoning');
  if (!penalties) remove('frequency_penalty', 'presence_penalty');
  if (!logprobs) remove('logprobs', 'top_logprobs');
  return names;
}
