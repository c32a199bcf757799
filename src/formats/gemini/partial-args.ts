import { isRecord, type JsonObject } from '../../util/json-object.js';

const MAX_ARGUMENTS = 4 * 1024 * 1024;
const VALUES: readonly string[] = ['stringValue', 'numberValue', 'boolValue', 'nullValue'];

/**
 * Arguments of one call that come in pieces (Vertex, `streamFunctionCallArguments`). They are never asked for, but a
 * call that came so is handed out whole at its end.
 */
export class PartialCall {
  readonly head: JsonObject;
  readonly #args: JsonObject = {};
  #length = 0;

  constructor(head: JsonObject) {
    this.head = head;
  }

  get args(): JsonObject {
    return this.#args;
  }

  /** False: a piece that cannot be placed. */
  add(pieces: unknown): boolean {
    return Array.isArray(pieces) ? pieces.every((piece) => this.#place(piece)) : pieces === undefined;
  }

  #place(piece: unknown): boolean {
    if (!isRecord(piece)) return false;
    const steps = stepsOf(piece['jsonPath']);
    const key = VALUES.find((one) => Object.hasOwn(piece, one));
    if (steps === undefined || key === undefined) return false;
    const value = key === 'nullValue' ? null : piece[key];
    this.#length += typeof value === 'string' ? value.length : 16;
    return this.#length <= MAX_ARGUMENTS && put(this.#args, steps, value);
  }
}

/** `$.a.b[0]` as steps; `undefined` for any other path. */
function stepsOf(path: unknown): (string | number)[] | undefined {
  if (typeof path !== 'string' || !/^\$(?:\.[\w-]{1,128}|\[\d{1,4}\]|\["[^"\\]{1,128}"\]){1,32}$/.test(path))
    return undefined;
  const steps = [...path.matchAll(/\.([\w-]+)|\[(\d+)\]|\["([^"]+)"\]/g)];
  return steps.map(([, name, index, quoted]) => (index === undefined ? (name ?? quoted)! : Number(index)));
}

/** Pieces of one text are joined; other values replace. */
function put(root: JsonObject, steps: readonly (string | number)[], value: unknown): boolean {
  let holder: JsonObject | unknown[] = root;
  for (const [position, step] of steps.entries()) {
    if (Array.isArray(holder) !== (typeof step === 'number')) return false;
    const known = ownMember(holder, step);
    if (position === steps.length - 1) {
      setMember(holder, step, typeof known === 'string' && typeof value === 'string' ? known + value : value);
      return true;
    }
    const next: unknown = known ?? (typeof steps[position + 1] === 'number' ? [] : {});
    if (!isRecord(next) && !Array.isArray(next)) return false;
    if (known === undefined) setMember(holder, step, next);
    holder = next;
  }
  return false;
}

function ownMember(holder: JsonObject | unknown[], step: string | number): unknown {
  return Object.getOwnPropertyDescriptor(holder, step)?.value as unknown;
}

/** Assigned, `__proto__` would become the object's prototype. */
function setMember(holder: JsonObject | unknown[], step: string | number, value: unknown): void {
  Object.defineProperty(holder, step, { value, enumerable: true, configurable: true, writable: true });
}
