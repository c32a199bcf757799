import { text } from '../../options/checks.js';
import type { Embedder, Vector } from './embedder.js';

/** The part of `@huggingface/transformers` that is used. */
export interface TransformersModule {
  /** Loads a pipeline: `feature-extraction`. */
  pipeline(
    task: 'feature-extraction',
    model: string,
    options?: Readonly<Record<string, unknown>>,
  ): Promise<
    (
      input: string,
      options: { readonly pooling: string; readonly normalize: boolean },
    ) => Promise<{ readonly data: ArrayLike<number> }>
  >;
}

/** Which local model `transformersEmbedder` loads, and how. */
export interface TransformersEmbedderOptions {
  /** How the vectors of tokens become one. @defaultValue `'mean'` */
  readonly pooling?: 'mean' | 'cls' | undefined;
  /** Passed to `pipeline`: `dtype`, `device` … */
  readonly pipeline?: Readonly<Record<string, unknown>> | undefined;
  /** The module to use instead of `@huggingface/transformers`. @defaultValue `import('@huggingface/transformers')`, which you install yourself */
  readonly module?: TransformersModule | undefined;
}

/** An optional peer: its types are not ours to require. */
const TRANSFORMERS: string = '@huggingface/transformers';

/**
 * A sentence-transformers model that runs in this process. It is loaded with the first text, and loading is retried
 * after a failure. Until it is loaded the router abstains at its deadline: embed one text at start-up.
 * @example
 * const embed = transformersEmbedder('Xenova/all-MiniLM-L6-v2');
 * await embed('warm up', { signal: AbortSignal.timeout(60_000) });
 */
export function transformersEmbedder(model: string, options: TransformersEmbedderOptions = {}): Embedder {
  const name = text('transformersEmbedder: model', model);
  const { pooling = 'mean' } = options;
  let loading: ReturnType<TransformersModule['pipeline']> | undefined;
  const load = async (): ReturnType<TransformersModule['pipeline']> => {
    const { pipeline } = options.module ?? (await importTransformers());
    return pipeline('feature-extraction', name, options.pipeline);
  };
  return async function embed(input, { signal }): Promise<Vector> {
    loading ??= load();
    const extract = await loading.catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    signal.throwIfAborted();
    const { data } = await extract(input, { pooling, normalize: true });
    return Float32Array.from(data);
  };
}

async function importTransformers(): Promise<TransformersModule> {
  try {
    return (await import(TRANSFORMERS)) as TransformersModule;
  } catch (error) {
    throw new Error(
      'transformersEmbedder needs the package @huggingface/transformers: npm install @huggingface/transformers',
      {
        cause: error,
      },
    );
  }
}
