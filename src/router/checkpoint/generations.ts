import { isRecord } from '../../util/json-object.js';

const ADVICE =
  'Train a new one with "nordlys-proxy train", or export it again with Nordlys core 0.3.0 or later. Quality in those is 1 − error rate';

/**
 * Refuses the forms that older releases of Nordlys wrote: their numbers mean something else, so reading them as scores
 * would route to the worst model.
 * @throws TypeError naming the generation.
 */
export function refuseOldGenerations(document: Record<string, unknown>): void {
  const generation = oldGeneration(document);
  if (generation === undefined) return;
  throw new TypeError(`checkpoint: this is ${generation}, which has error rates and no scores. ${ADVICE}.`);
}

function oldGeneration(document: Record<string, unknown>): string | undefined {
  if ('llm_profiles' in document) return 'a router profile of November 2025';
  const { models } = document;
  const [first] = Array.isArray(models) ? (models as readonly unknown[]) : [];
  if (!isRecord(first) || 'scores' in first) return undefined;
  if ('model_name' in first || ('metadata' in document && 'provider' in first))
    return 'a checkpoint of Nordlys core 0.1';
  if (!('error_rates' in first)) return undefined;
  const { version } = document;
  return `a checkpoint of version ${typeof version === 'string' ? version : '2.0'}`;
}
