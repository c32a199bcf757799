import { writeFile } from 'node:fs/promises';
import { train, type TrainReport } from '../router/index.js';
import {
  EMBEDDER_FLAGS,
  EMBEDDER_HELP,
  embedderOf,
  numberFlag,
  readFlags,
  readLines,
  readPrices,
  requiredFlag,
  textFlag,
} from './arguments.js';
import { progressPrinter } from './progress.js';

export const TRAIN_HELP = `nordlys-proxy train --data prompts.jsonl --out checkpoint.json

  --data FILE         one JSON object a line: { "prompt", "scores": { model: 0…1 }, "costs"?: { model: USD } }
  --out FILE          where the checkpoint goes
  --prices FILE       { model: { "prompt", "completion" } }, USD per million tokens: also stores the trade-off that keeps
                      97 % of the best single model's quality
  --hold-out SHARE    leave out this share of the prompts, chosen by their hash (0.2 = a fifth)
  --clusters N        a number, or auto (default: chosen on a validation split)
  --seed N            default 42
${EMBEDDER_HELP}`;

const FLAGS = ['data', 'out', 'prices', 'hold-out', 'clusters', 'seed', ...EMBEDDER_FLAGS];

export async function trainCommand(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, FLAGS);
  const out = requiredFlag(flags, 'out');
  const lines = await readLines(flags, 'training');
  const clusters = textFlag(flags, 'clusters') === 'auto' ? 'auto' : numberFlag(flags, 'clusters');
  const { checkpoint, report } = await train(lines, {
    ...embedderOf(flags),
    clusters,
    seed: numberFlag(flags, 'seed'),
    prices: await readPrices(flags),
    onProgress: progressPrinter(process.stderr),
  });
  await writeFile(out, `${JSON.stringify(checkpoint)}\n`);
  process.stdout.write(`${summary(report)}Wrote ${out}.\n`);
  for (const { quality, trade_off: tradeOff } of checkpoint.nordlys_proxy?.trade_offs ?? []) {
    process.stdout.write(
      `tradeOff ${Number(tradeOff.toPrecision(3))} keeps ${quality * 100} % of the best single model's quality on these prompts.\n`,
    );
  }
  return 0;
}

function summary({ prompts, models, clusters, projection }: TrainReport): string {
  return `${prompts} prompts, ${models.length} models, ${clusters} clusters, projected by ${projection}.\n`;
}
