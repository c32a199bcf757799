import type { ChatRequest } from '../../chat/types.js';

/**
 * What becomes of a request member in a format.
 *
 * - `sent`: expressed in the format's own body, path or headers.
 * - `dropped`: left out and reported as a dropped parameter.
 * - `refused`: the format cannot express it, so another candidate is tried.
 * - `ignored`: left out and not reported; it means nothing to an upstream.
 */
export type MemberFate = 'sent' | 'dropped' | 'refused' | 'ignored';

/** One row of a format's table. Docs are generated from it, so `note` is a sentence for users. */
export interface MemberRow {
  /** Path in the request, `[]` for any item: `messages[].content[].image_url.url`. */
  readonly member: string;
  /** What usually becomes of it. Exceptions are in `note`. */
  readonly fate: MemberFate;
  /** Where it goes, for `sent`: `max_tokens`, `output_config.format`. */
  readonly sentAs?: string;
  /** Values (besides `null`) that request nothing, so that leaving them out is not reported. */
  readonly neutral?: readonly unknown[];
  /** Exceptions and conditions. */
  readonly note?: string;
}

/** Every request member that a format handles. A member in no row is ignored. */
export type MemberTable = readonly MemberRow[];

/** Finds the top-level members of a request that are dropped by `table`, except neutral values. */
export function droppedMembers(table: MemberTable): (request: ChatRequest) => string[] {
  const rows = table.filter(({ fate, member }) => fate === 'dropped' && isTopLevel(member));
  return (request) => rows.filter((row) => asksFor(row, request[row.member])).map(({ member }) => member);
}

/** Names of the top-level members that `table` sends or refuses: those that a format has to be shown. */
export function expressibleMembers(table: MemberTable): string[] {
  return table
    .filter(({ fate, member }) => (fate === 'sent' || fate === 'refused') && isTopLevel(member))
    .map(({ member }) => member);
}

function isTopLevel(member: string): boolean {
  return !/[.[]/.test(member);
}

function asksFor({ neutral }: MemberRow, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return !(neutral ?? []).some((harmless) => isSame(harmless, value));
}

/** `{}` and `[]` are the only objects that are neutral anywhere. */
function isSame(harmless: unknown, value: unknown): boolean {
  if (typeof harmless !== 'object' || harmless === null) return harmless === value;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
