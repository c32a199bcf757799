import { describe, expect, it } from 'vitest';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { outcomeOf, readCases, subsetOf, valueAt } from './bedrock-cases.js';

const format = bedrock();

describe('published cases', () => {
  it.each(readCases('cases-bedrock.jsonl'))('$id', (row) => {
    const { absent, dropped, ...out } = row.out as { absent?: string[]; dropped?: string[]; [key: string]: unknown };
    const outcome = outcomeOf(format, row) as Record<string, unknown>;
    expect(subsetOf(outcome, out)).toEqual(out);
    for (const path of absent ?? []) expect(valueAt(outcome['body'], path), path).toBeUndefined();
    if (dropped !== undefined) expect([...(outcome['dropped'] as string[])].toSorted()).toEqual(dropped.toSorted());
  });
});
