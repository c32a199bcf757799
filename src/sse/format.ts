/** The last event of a complete stream (OpenAI). */
export const DONE = '[DONE]';

/** One event in the only form that every known client reads: a single `data:` line, LF ends. */
export function formatEvent(payload: string): string {
  return `data: ${payload}\n\n`;
}

export const DONE_EVENT: string = formatEvent(DONE);
