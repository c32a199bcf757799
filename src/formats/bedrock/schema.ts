import type { JsonObject } from '../../util/json-object.js';
import { mapSchema } from '../shared/json-schema.js';
import { objectSchema } from '../shared/object-schema.js';

/** Keywords that Nova refuses. */
const REFINEMENTS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'examples',
  'default',
  'additionalProperties',
]);
const PLAIN_ROOT: ReadonlySet<string> = new Set(['type', 'properties', 'required', '$defs', 'definitions']);

/**
 * Parameters of a tool as Bedrock takes them: an object at the root.
 * @param plain - the model takes only the plainest keywords
 * @throws UnsupportedRequest where the root cannot be expressed as one object.
 */
export function toolParameters(schema: unknown, path: string, plain: boolean): JsonObject {
  const root = objectSchema(schema, path);
  return plain ? mapSchema(root, path, (node, depth) => plainSchema(node, depth === 0)) : root;
}

function plainSchema(node: JsonObject, isRoot: boolean): JsonObject {
  const kept = Object.entries(node).filter(([name]) => (isRoot ? PLAIN_ROOT.has(name) : !REFINEMENTS.has(name)));
  return Object.fromEntries(kept);
}
