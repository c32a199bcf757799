import { guard, type Guard } from './guard.ts';

/** What keeps prompts and responses out of traces, and metrics bounded. */
export const OF_TELEMETRY: readonly Guard[] = [
  guard(
    'content of callers who do not consent is not exported',
    'observe/content.ts',
    ["if (capture === 'none' || request === undefined) return {};", 'if (request === undefined) return {};'],
    'observe/content',
  ),
  guard(
    'where content cannot be decided nothing is exported',
    'observe/content.ts',
    [
      "return { capture: 'none', error: error ?? new TypeError('telemetry.content threw nothing.') };",
      "return { capture: 'full' };",
    ],
    'observe/content',
  ),
  guard(
    'a word that content does not know exports nothing',
    'observe/content.ts',
    [
      "if (capture !== 'redacted') return wrong(",
      "if (capture !== 'redacted') return { capture: 'full' };\n      if (capture === undefined) return wrong(",
    ],
    'observe/content',
  ),
  guard(
    'redacted content is redacted',
    'observe/content.ts',
    ["redact: capture === 'redacted' ? this.#options.redact : undefined", 'redact: undefined'],
    'observe/content',
  ),
  guard(
    'without a redactor nothing is exported as redacted',
    'observe/content.ts',
    ['if (this.#options.redact !== undefined) return { capture };', 'return { capture };'],
    'observe/content',
    'observe/content-guards',
  ),
  guard(
    'the content decision is made once per request',
    'observe/content.ts',
    ['if (known !== undefined) return known;', ''],
    'observe/content',
  ),
  guard(
    'the end of a text that was cut is not exported',
    'observe/bounded-messages.ts',
    ['cut ? result.slice(0, -UNCHECKED_TAIL) : result', 'result'],
    'observe/content',
  ),
  guard(
    'exported content has a bound',
    'observe/bounded-messages.ts',
    ['const excess = Buffer.byteLength(json) - maxBytes;', 'const excess = 0 * maxBytes;'],
    'observe/content',
  ),
  guard(
    'collected output has a bound',
    'observe/output-collector.ts',
    ['if (this.truncated || !isRecord(value)', 'if (!isRecord(value)'],
    'observe',
  ),
  guard(
    'content is redacted by the guards of the gateway',
    'observe/telemetry-options.ts',
    ['redact === undefined ? guardsRedact :', 'redact === undefined ? (text) => text :'],
    'observe/content-guards',
  ),
  guard(
    'a value that was cut is not exported in part',
    'guard/redact-text.ts',
    ['scan(view.text, 0, !isCut, detectors)', 'scan(view.text, 0, true, detectors)'],
    'observe/content-guards',
  ),
  guard(
    'JSON escapes hide nothing from exported content',
    'guard/redact-text.ts',
    ["redacted.includes('\\\\') ?", 'redacted.length < 0 ?'],
    'observe/content-guards',
  ),
  guard(
    'what guards block on is not exported',
    'guard/redact-text.ts',
    ['own.flatMap((guard) => guard.detectors)', 'own.flatMap((guard) => (guard.placeholders ? guard.detectors : []))'],
    'observe/content-guards',
  ),
  guard(
    'trace headers are sent only if the host sets it',
    'observe/observe.ts',
    ['tracing !== undefined && propagate', 'tracing !== undefined'],
    'observe/telemetry',
  ),
  guard(
    'series of callers have a cap',
    'observe/caller-counters.ts',
    ['if (this.#named.size < this.#max) {', 'if (this.#named.size >= 0) {'],
    'observe/callers',
  ),
];
