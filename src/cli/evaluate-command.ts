import { writeFile } from 'node:fs/promises';
import { evaluate, evaluationSvg, evaluationTable, readCheckpoint } from '../router/index.js';
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

export const EVALUATE_HELP = `nordlys-proxy evaluate --data prompts.jsonl --checkpoint checkpoint.json

  --data FILE         prompts that the checkpoint was not trained on, in the form that train takes
  --checkpoint FILE   JSON, or msgpack by its name (needs @msgpack/msgpack)
  --prices FILE       { model: { "prompt", "completion" } }, USD per million tokens, where the lines have no costs
  --hold-out SHARE    evaluate on the share that "train --hold-out" left out of the same file
  --tokens N          tokens of a response that costs assume (default 400)
  --svg FILE          writes cost against quality as a picture
  --json FILE         writes all numbers
${EMBEDDER_HELP}`;

const FLAGS = ['data', 'checkpoint', 'prices', 'hold-out', 'tokens', 'svg', 'json', 'seed', ...EMBEDDER_FLAGS];

export async function evaluateCommand(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, FLAGS);
  const checkpoint = await readCheckpoint(requiredFlag(flags, 'checkpoint'));
  const lines = await readLines(flags, 'held out');
  const evaluation = await evaluate(lines, checkpoint, {
    embed: embedderOf(flags)?.embed,
    prices: await readPrices(flags),
    completionTokens: numberFlag(flags, 'tokens'),
    seed: numberFlag(flags, 'seed'),
  });
  process.stdout.write(`${evaluationTable(evaluation)}\n`);
  await writeWhereAsked(textFlag(flags, 'svg'), evaluationSvg(evaluation));
  await writeWhereAsked(textFlag(flags, 'json'), `${JSON.stringify(evaluation, undefined, 2)}\n`);
  return 0;
}

async function writeWhereAsked(path: string | undefined, content: string): Promise<void> {
  if (path === undefined) return;
  await writeFile(path, content);
  process.stdout.write(`Wrote ${path}.\n`);
}
