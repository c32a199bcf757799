import { isRecord } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What the request asks of the model's reasoning. */
export interface WantedReasoning {
  /** Absent: nothing is asked, so nothing is switched on. */
  readonly effort?: Effort;
  /** Tokens; takes the place of `effort`. */
  readonly budget?: number;
  /** The response must not show the reasoning's text. */
  readonly exclude: boolean;
  /** The request member that asks: reported where it cannot be followed. */
  readonly member: 'reasoning' | 'reasoning_effort';
  /** The member has an unknown value. */
  readonly unknown?: true;
}

/** Reads `reasoning_effort`, and OpenRouter's `reasoning` which counts more. */
export function wantedReasoning(request: ChatRequest): WantedReasoning {
  const effort = request.reasoning_effort ?? undefined;
  const reasoning = request['reasoning'];
  const exclude = (isRecord(reasoning) && reasoning['exclude'] === true) || request['include_reasoning'] === false;
  const inner = isRecord(reasoning) ? ofObject(reasoning) : undefined;
  if (inner === undefined) {
    return effort === undefined
      ? { exclude, member: 'reasoning_effort' }
      : { ...ofEffort(effort), exclude, member: 'reasoning_effort' };
  }
  if (effort !== undefined && (inner.effort !== undefined || inner.unknown) && inner.effort !== effort) {
    throw new UnsupportedRequest('reasoning_effort', 'contradicts reasoning.effort.');
  }
  return { ...inner, exclude, member: 'reasoning' };
}

type RequestedEffort = Pick<WantedReasoning, 'effort' | 'budget' | 'unknown'>;

function ofObject(reasoning: Readonly<Record<string, unknown>>): RequestedEffort | undefined {
  const { effort, max_tokens: budget, enabled } = reasoning;
  if (enabled === false) return { effort: 'none' };
  if (effort !== undefined && effort !== null) return ofEffort(effort);
  if (typeof budget === 'number' && Number.isInteger(budget) && budget > 0) return { budget };
  if (budget !== undefined && budget !== null) return { unknown: true };
  return enabled === true ? { effort: 'medium' } : undefined;
}

function ofEffort(word: unknown): RequestedEffort {
  const effort = EFFORTS.find((known) => known === word);
  return effort === undefined ? { unknown: true } : { effort };
}

const EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
