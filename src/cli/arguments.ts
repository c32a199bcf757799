import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  type Embedder,
  isHeldOut,
  type ModelPrice,
  openaiEmbedder,
  parseTrainingLines,
  type TrainingLine,
  transformersEmbedder,
} from '../router/index.js';

export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** The flags of a command. @throws TypeError for one that it does not know, or that lacks its value. */
export function readFlags(args: readonly string[], names: readonly string[]): Flags {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function requiredFlag(flags: Flags, name: string): string {
  const value = textFlag(flags, name);
  if (value === undefined || value === '') throw new TypeError(`--${name} is missing.`);
  return value;
}

export function numberFlag(flags: Flags, name: string): number | undefined {
  const value = textFlag(flags, name);
  if (value === undefined) return undefined;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new TypeError(`--${name} must be a number, got ${JSON.stringify(value)}.`);
  return number;
}

/** The flags that choose an embedder, the same for both commands. */
export const EMBEDDER_FLAGS = ['embedder', 'embed-url', 'embed-model'];
export const EMBEDDER_HELP = `  --embedder NAME     hashing (default; nothing to download), openai, transformers
  --embed-url URL     openai: base URL; /embeddings is appended. The key is read from OPENAI_API_KEY
  --embed-model NAME  openai, transformers: the model
`;

/** @throws TypeError where the flags do not fit together. */
export function embedderOf(flags: Flags): { readonly embed: Embedder; readonly embeddingModel: string } | undefined {
  const name = textFlag(flags, 'embedder') ?? 'hashing';
  if (name === 'hashing') return undefined;
  if (name === 'openai') {
    const embeddingModel = requiredFlag(flags, 'embed-model');
    const apiKey = process.env['OPENAI_API_KEY'];
    return {
      embed: openaiEmbedder({ baseUrl: requiredFlag(flags, 'embed-url'), apiKey, model: embeddingModel }),
      embeddingModel,
    };
  }
  if (name === 'transformers') {
    const embeddingModel = requiredFlag(flags, 'embed-model');
    return { embed: transformersEmbedder(embeddingModel), embeddingModel };
  }
  throw new TypeError(`--embedder must be hashing, openai or transformers, got ${JSON.stringify(name)}.`);
}

/** The lines of `--data`; with `--hold-out`, those that are held out or those that are not. */
export async function readLines(flags: Flags, part: 'training' | 'held out'): Promise<readonly TrainingLine[]> {
  const lines = parseTrainingLines(await readFile(requiredFlag(flags, 'data'), 'utf8'));
  const share = numberFlag(flags, 'hold-out');
  if (share === undefined) return lines;
  if (!(share > 0 && share < 1)) throw new TypeError(`--hold-out must be between 0 and 1, got ${share}.`);
  return lines.filter(({ prompt }) => isHeldOut(prompt, share) === (part === 'held out'));
}

export async function readPrices(flags: Flags): Promise<Readonly<Record<string, ModelPrice>> | undefined> {
  const path = textFlag(flags, 'prices');
  return path === undefined ? undefined : readJson<Readonly<Record<string, ModelPrice>>>(path);
}

async function readJson<T>(path: string): Promise<T> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new TypeError(`${path} is not JSON: ${String((error as Error).message)}`, { cause: error });
  }
}
