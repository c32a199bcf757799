import { EVALUATE } from '../../../src/router/evaluate/evaluate.js';
import { CHECKPOINT_ROUTER } from '../../../src/router/router-options.js';
import { TRAIN } from '../../../src/router/train/options.js';
import type { PublicGroup } from './public-group.js';

/** The router that reads the prompt. */
export const routerGroups: readonly PublicGroup[] = [
  {
    heading: '`checkpointRouter(checkpoint, options)`',
    text: 'Of `nordlys-proxy/router`.',
    group: CHECKPOINT_ROUTER,
    type: ['CheckpointRouterOptions', 'router/router-options.ts'],
    at: '',
    base: {},
    take: (options) => CHECKPOINT_ROUTER.parse(options),
  },
  {
    heading: '`train(lines, options)`',
    text: 'Of `nordlys-proxy/router`.',
    group: TRAIN,
    type: ['TrainOptions', 'router/train/options.ts'],
    at: '',
    base: {},
    take: (options) => TRAIN.parse(options),
  },
  {
    heading: '`evaluate(lines, checkpoint, options)`',
    text: 'Of `nordlys-proxy/router`.',
    group: EVALUATE,
    type: ['EvaluateOptions', 'router/evaluate/evaluate.ts'],
    at: '',
    base: {},
    take: (options) => EVALUATE.parse(options),
  },
];
