import type { RedactText } from './telemetry-options.js';

/** One part of a message in the form of the GenAI conventions: `type`, and texts. */
export type MessagePart = Readonly<Record<string, string>> & { readonly type: string };

/** A message in the form of the GenAI conventions. */
export interface ContentMessage {
  readonly role: string;
  readonly parts: readonly MessagePart[];
  readonly finish_reason?: string;
}

/** How texts are made fit for export. */
export interface ExportRules {
  /** UTF-8 bytes that the JSON text may have. */
  readonly maxBytes: number;
  /** `undefined`: texts are exported as they are. */
  readonly redact: RedactText | undefined;
  /** The texts may end anywhere, as those of a response that broke off. */
  readonly partial?: boolean | undefined;
}

/** A JSON text within its bounds. */
export interface BoundedJson {
  readonly json: string;
  /** Something was left out. */
  readonly truncated: boolean;
}

/**
 * A secret that is cut in two is found by no pattern. In a redacted text that is not whole, as many characters as this
 * are left out at its end, so that the beginning of such a secret is among them.
 */
export const UNCHECKED_TAIL = 2_048;

/** Members of a part that hold text of a prompt or a response. */
const TEXTS: readonly string[] = ['content', 'arguments', 'response', 'uri', 'name'];
const BRACKETS = 2;
const COMMA = 1;

/**
 * `messages` as JSON, within `rules.maxBytes`. The last messages are kept first, as the newest of a conversation say
 * most; the oldest one that fits in part is cut.
 */
export function boundedMessages(messages: readonly ContentMessage[], rules: ExportRules): BoundedJson {
  const kept: string[] = [];
  let remaining = rules.maxBytes - BRACKETS;
  for (let index = messages.length - 1; index >= 0; index--) {
    const { parts, ...rest } = messages[index]!;
    const shell = Buffer.byteLength(JSON.stringify({ ...rest, parts: [] })) + COMMA;
    const list = boundedParts(parts, { ...rules, maxBytes: remaining - shell + BRACKETS });
    const isDropped = list.truncated && list.json === NOTHING;
    if (remaining < shell || isDropped) return { json: `[${kept.join(',')}]`, truncated: true };
    kept.unshift(`${JSON.stringify(rest).slice(0, -1)},"parts":${list.json}}`);
    if (list.truncated) return { json: `[${kept.join(',')}]`, truncated: true };
    remaining -= shell + Buffer.byteLength(list.json) - BRACKETS;
  }
  return { json: `[${kept.join(',')}]`, truncated: false };
}

const NOTHING = '[]';

/** `parts` as JSON, within `rules.maxBytes`: those that do not fit are cut or left out at the end. */
export function boundedParts(parts: readonly MessagePart[], rules: ExportRules): BoundedJson {
  const kept: string[] = [];
  let remaining = rules.maxBytes - BRACKETS;
  for (const part of parts) {
    const { json, truncated } = boundedPart(part, { ...rules, maxBytes: remaining - COMMA });
    if (json !== '') kept.push(json);
    if (truncated) return { json: `[${kept.join(',')}]`, truncated };
    remaining -= Buffer.byteLength(json) + COMMA;
  }
  return { json: `[${kept.join(',')}]`, truncated: false };
}

/** `part` as JSON; `''` where nothing of it fits. */
function boundedPart(part: MessagePart, { maxBytes, redact, partial }: ExportRules): BoundedJson {
  const exported: Record<string, string> = {};
  let truncated = false;
  for (const [name, value] of Object.entries(part)) {
    if (!TEXTS.includes(name)) exported[name] = value;
    else {
      // No more than this is exported, so no more is redacted.
      const read = value.slice(0, Math.max(0, maxBytes) + UNCHECKED_TAIL);
      truncated ||= read.length < value.length;
      exported[name] =
        redact === undefined ? read : redacted(read, redact, partial === true || read.length < value.length);
    }
  }
  return fit(exported, maxBytes, truncated);
}

/** @throws TypeError where `redact` does not return a text. */
function redacted(text: string, redact: RedactText, cut: boolean): string {
  const result: unknown = redact(text, cut);
  if (typeof result !== 'string') throw new TypeError('telemetry.redact must return a string.');
  return cut ? result.slice(0, -UNCHECKED_TAIL) : result;
}

/** Cuts the longest text of `part` until its JSON has at most `maxBytes`. */
function fit(part: Record<string, string>, maxBytes: number, cut: boolean): BoundedJson {
  let truncated = cut;
  for (;;) {
    const json = JSON.stringify(part);
    const excess = Buffer.byteLength(json) - maxBytes;
    if (excess <= 0) return { json, truncated };
    truncated = true;
    const longest = longestText(part);
    if (longest === undefined) return { json: '', truncated };
    const text = part[longest]!;
    // A character takes at least one byte, so the loop ends; a text of wide characters takes a few rounds.
    part[longest] = text.slice(0, Math.max(0, text.length - Math.max(1, Math.ceil(excess / MOST_BYTES))));
  }
}

/** Bytes of one UTF-16 unit in a JSON text, at most (`\u0000`). */
const MOST_BYTES = 6;

function longestText(part: Record<string, string>): string | undefined {
  let longest: string | undefined;
  for (const name of TEXTS) {
    const length = part[name]?.length ?? 0;
    if (length > 0 && length > (longest === undefined ? 0 : part[longest]!.length)) longest = name;
  }
  return longest;
}
