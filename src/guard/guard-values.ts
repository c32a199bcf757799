import type { DetectorGuard, InputSurface, OutputChannel } from '../contracts/guard.js';

/** Values that the options of several kinds of guards take. */
export const SURFACES: readonly InputSurface[] = ['system', 'user', 'assistant', 'tool'];
export const CHANNELS: readonly OutputChannel[] = ['text', 'reasoning', 'refusal', 'arguments'];
export const BEFORE_COMMIT: readonly NonNullable<DetectorGuard['beforeCommit']>[] = ['reject', 'next'];
export const AFTER_COMMIT: readonly NonNullable<DetectorGuard['afterCommit']>[] = ['error', 'content_filter'];
