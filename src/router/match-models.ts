import type { CheckpointModel } from './checkpoint/types.js';

/** A model of the checkpoint under the name that this gateway knows it by. */
export interface MatchedModel {
  readonly id: string;
  readonly name: string;
  readonly model: CheckpointModel;
}

/**
 * Finds the models of a checkpoint among `names`: by `given`, else by the same name, else by the name without its
 * author on either side. Checkpoint order; of two ids that mean one name, the first counts.
 */
export function matchModels(
  models: readonly CheckpointModel[],
  names: Iterable<string>,
  given: ReadonlyMap<string, string>,
): readonly MatchedModel[] {
  const known = new Set(names);
  const byBareName = new Map<string, string>();
  for (const name of known) {
    const bare = withoutAuthor(name);
    if (bare !== name && !byBareName.has(bare)) byBareName.set(bare, name);
  }
  const taken = new Set<string>();
  return models.flatMap((model) => {
    const { id } = model;
    const wanted = given.has(id) ? [given.get(id)!] : [id, withoutAuthor(id), byBareName.get(id)];
    const name = wanted.find((candidate) => candidate !== undefined && known.has(candidate));
    if (name === undefined || taken.has(name)) return [];
    taken.add(name);
    return [{ id, name, model }];
  });
}

function withoutAuthor(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}
