import { GatewayError } from '../errors/gateway-error.js';
import type { ModelChoice, ModelNames } from './options/model-names.js';
import { formatValue } from '../options/checks.js';
import { didYouMean } from '../options/suggest.js';

/** The members of a request that name models. */
interface ModelFields {
  readonly model?: unknown;
  readonly models?: unknown;
}

/**
 * The models that a request may be sent to, first choice first, without repeats: `model`, then `models`.
 * @param anyModel - whether a routing hook chooses the model if the request leaves it open
 * @throws GatewayError 404 for an unknown name, 400 if no model is named
 */
export function chooseModels(fields: ModelFields, names: ModelNames, anyModel: boolean): readonly ModelChoice[] {
  const plain = plainChoice(fields, names);
  if (plain !== undefined) return plain;
  const wanted = wantedNames(fields);
  const named = wanted.filter(({ name }) => !names.isAuto(name));
  if (named.length > 0) return distinct(named.flatMap((each) => choicesOf(each, names)));
  const [auto] = wanted;
  const { defaultChoices, every } = names;
  // The routing hook chooses for an auto name. A missing name means the default model, if there is one.
  if (anyModel && (auto !== undefined || defaultChoices === undefined)) {
    return distinct([...(defaultChoices ?? []), ...every]);
  }
  if (defaultChoices !== undefined) return distinct(defaultChoices);
  if (auto !== undefined) return choicesOf(auto, names);
  throw new GatewayError('missing_model', 'You must provide a model parameter.', { param: 'model' });
}

/**
 * Whether the request leaves the choice of the model to the gateway: its first name is an auto name, or it has none and
 * there is no default model.
 */
export function leavesModelOpen({ model, models }: ModelFields, names: ModelNames): boolean {
  const listed: readonly unknown[] = Array.isArray(models) ? models : [];
  const first = [model, ...listed].find((name) => typeof name === 'string' && name.trim() !== '');
  return first === undefined ? names.defaultChoices === undefined : names.isAuto(first as string);
}

/** The choice of a request with one known name, as nearly every request has. */
function plainChoice({ model, models }: ModelFields, names: ModelNames): readonly ModelChoice[] | undefined {
  if (typeof model !== 'string' || isSet(models) || names.isAuto(model)) return undefined;
  const choices = names.choicesFor(model);
  return choices === undefined ? undefined : distinct(choices);
}

interface WantedName {
  readonly name: string;
  /** Path in the request. */
  readonly path: string;
}

function wantedNames({ model, models }: ModelFields): readonly WantedName[] {
  const wanted: WantedName[] = [];
  if (isSet(model)) wanted.push({ name: nameAt('model', model), path: 'model' });
  if (isSet(models)) {
    if (!Array.isArray(models)) throw invalidType('models', 'a list of model names');
    for (const [index, name] of models.entries()) {
      const path = `models[${index}]`;
      wanted.push({ name: nameAt(path, name), path });
    }
  }
  return wanted.filter(({ name }) => name.trim() !== '');
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function nameAt(path: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidType(path, 'a string');
  return value;
}

function invalidType(param: string, expected: string): GatewayError {
  return new GatewayError('invalid_type', `Invalid type for '${param}': expected ${expected}.`, { param });
}

function choicesOf({ name, path }: WantedName, names: ModelNames): readonly ModelChoice[] {
  const choices = names.choicesFor(name);
  if (choices !== undefined) return choices;
  const hint = didYouMean(name, names.known());
  throw new GatewayError('model_not_found', `No provider of this gateway has the model ${formatValue(name)}.${hint}`, {
    param: path,
  });
}

function distinct(choices: readonly ModelChoice[]): readonly ModelChoice[] {
  if (choices.length < 2) return choices;
  const seen = new Set<string>();
  return choices.filter(({ model, pin }) => {
    const key = `${pin ?? ''}:${model}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
