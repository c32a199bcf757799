import { parseArgs } from 'node:util';
import { ALL_IDS } from './workloads.ts';

export interface Settings {
  readonly quick: boolean;
  /** Ids of workloads; none: all of them, or those of a quick run. */
  readonly only: readonly string[] | undefined;
  /** Ids of variants; none: those of each workload. */
  readonly variants: readonly string[] | undefined;
  readonly rounds: number;
  readonly windowMs: number;
  readonly warmUpMs: number;
  /** How long open streams are measured. */
  readonly watchMs: number;
  /** Windows that may be measured again because other processes were using the machine. */
  readonly repeats: number;
  readonly portkey: boolean;
  /** File for the figures as JSON. */
  readonly json: string | undefined;
}

export const USAGE = `node bench/bench.ts [--quick] [--only W1,W4] [--variants bare,gateway] [--rounds 5] [--portkey] [--json FILE]

  --quick      fewer variants and shorter windows: under two minutes
  --only       ${ALL_IDS.join(', ')}
  --variants   the ones to measure, instead of each workload's own
  --rounds     paired rounds
  --portkey    install Portkey from npm (once, into a folder of its own) and measure it as well
  --json       write the figures to a file, for bench/check.ts --from`;

const QUICK = { rounds: 3, windowMs: 600, warmUpMs: 3_000, watchMs: 3_000, repeats: 6 };
const FULL = { rounds: 5, windowMs: 1_000, warmUpMs: 10_000, watchMs: 10_000, repeats: 60 };

/** The command line as settings. @throws Error for an unknown option or id */
export function readSettings(argv: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      variants: { type: 'string' },
      rounds: { type: 'string' },
      portkey: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const pace = values.quick ? QUICK : FULL;
  return {
    ...pace,
    quick: values.quick,
    only: idsOf(values.only),
    variants: values.variants?.split(','),
    rounds: values.rounds === undefined ? pace.rounds : count('--rounds', values.rounds),
    portkey: values.portkey,
    json: values.json,
  };
}

/** `W4` means both of its sizes, `idle` both of its numbers. */
function idsOf(list: string | undefined): readonly string[] | undefined {
  if (list === undefined) return undefined;
  return list.split(',').flatMap((name) => {
    const ids = ALL_IDS.filter((id) => id === name || id.startsWith(`${name}-`));
    if (ids.length === 0) throw new Error(`Unknown workload "${name}". Known: ${ALL_IDS.join(', ')}.`);
    return ids;
  });
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a positive whole number, got "${text}".`);
  return value;
}
