import { checkpointError, bytesAt, integerAt, listAt, numberAt, numbersAt, objectAt, textAt } from './check-values.js';
import type { HashingParameters, TrainerExtras } from './types.js';

const PATH = 'nordlys_proxy';
/** More buckets or columns than this are a mistake, and would take gigabytes. */
const MAX_BUCKETS = 1 << 20;
const MAX_COLUMNS = 4_096;

/** What the trainer of this package has added, checked. */
export function parseExtras(value: unknown, clusters: number, dimension: number): TrainerExtras {
  if (value === undefined || value === null) return {};
  const { max_distance: maxDistance, hashing, costs, trade_offs: tradeOffs } = objectAt(PATH, value);
  return {
    ...(maxDistance === undefined ? {} : { max_distance: positive(`${PATH}.max_distance`, maxDistance) }),
    ...(hashing === undefined ? {} : { hashing: parseHashing(hashing, dimension) }),
    ...(costs === undefined ? {} : { costs: parseCosts(costs, clusters) }),
    ...(tradeOffs === undefined ? {} : { trade_offs: parseTradeOffs(tradeOffs) }),
  };
}

function positive(path: string, value: unknown): number {
  const number = numberAt(path, value);
  if (number < 0) throw checkpointError(path, 'must be 0 or more', number);
  return number;
}

function parseHashing(value: unknown, dimension: number): HashingParameters {
  const path = `${PATH}.hashing`;
  const members = objectAt(path, value);
  const count = (name: string, most: number): number => {
    const number = integerAt(`${path}.${name}`, members[name]);
    if (number < 1 || number > most) throw checkpointError(`${path}.${name}`, `must be between 1 and ${most}`, number);
    return number;
  };
  const buckets = count('buckets', MAX_BUCKETS);
  const columns = count('columns', MAX_COLUMNS);
  if (columns !== dimension)
    throw checkpointError(`${path}.columns`, `must be ${dimension}, the width of a centroid`, columns);
  const unitColumns = integerAt(`${path}.unit_columns`, members['unit_columns']);
  if (unitColumns < 0 || unitColumns > columns)
    throw checkpointError(`${path}.unit_columns`, `must be between 0 and ${columns}`, unitColumns);
  return {
    buckets,
    columns,
    unit_columns: unitColumns,
    max_characters: count('max_characters', MAX_BUCKETS),
    unit_weight: numberAt(`${path}.unit_weight`, members['unit_weight']),
    max_length: positive(`${path}.max_length`, members['max_length']),
    idf: bytesAt(`${path}.idf`, members['idf'], buckets * 4),
    projection: bytesAt(`${path}.projection`, members['projection'], buckets * columns),
    scales: numbersAt(`${path}.scales`, members['scales'], columns),
  };
}

function parseCosts(value: unknown, clusters: number): NonNullable<TrainerExtras['costs']> {
  return listAt(`${PATH}.costs`, value).map((entry, index) => {
    const path = `${PATH}.costs[${index}]`;
    const members = objectAt(path, entry);
    return {
      model_id: textAt(`${path}.model_id`, members['model_id']),
      usd: numbersAt(`${path}.usd`, members['usd'], clusters).map((usd) => positive(`${path}.usd`, usd)),
    };
  });
}

function parseTradeOffs(value: unknown): NonNullable<TrainerExtras['trade_offs']> {
  return listAt(`${PATH}.trade_offs`, value).map((entry, index) => {
    const path = `${PATH}.trade_offs[${index}]`;
    const members = objectAt(path, entry);
    return {
      quality: positive(`${path}.quality`, members['quality']),
      trade_off: positive(`${path}.trade_off`, members['trade_off']),
    };
  });
}
