// The router that reads the prompt, and the tools that make its data: `nordlys-proxy/router`.

export { checkpointRouter, type CheckpointRouter } from './checkpoint-router.js';
export type { CheckpointRouterOptions } from './router-options.js';
export type { DecideOptions, ExpectedCosts, RouterDecision } from './decide.js';

export { parseCheckpoint } from './checkpoint/parse.js';
export { decodeCheckpoint, readCheckpoint, type ReadCheckpointOptions } from './checkpoint/read.js';
export type {
  Checkpoint,
  CheckpointDocument,
  CheckpointModel,
  HashingParameters,
  Pca,
  TrainerExtras,
} from './checkpoint/types.js';

export { hashingEmbedder, type HashingEmbedder } from './embed/hashing.js';
export { openaiEmbedder, type OpenAIEmbedderOptions } from './embed/openai.js';
export {
  transformersEmbedder,
  type TransformersEmbedderOptions,
  type TransformersModule,
} from './embed/transformers.js';
export type { EmbedContext, Embedder, Vector } from './embed/embedder.js';

export { train, type TrainReport, type TrainResult } from './train/train.js';
export type { TrainOptions, TrainProgress } from './train/options.js';
export { isHeldOut, parseTrainingLines, type TrainingLine } from './train/training-data.js';
export {
  evaluate,
  type CurvePoint,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationRow,
} from './evaluate/evaluate.js';
export type { Interval } from './evaluate/bootstrap.js';
export { evaluationTable } from './evaluate/table.js';
export { evaluationSvg } from './evaluate/svg.js';
export type { ModelPrice } from './cost.js';
