import type { ClientView } from './client-view.js';
import type { Expectation, RowRun } from './upstream-rows.js';

/** The expectations that do not hold; empty where all do. */
export function shortfallOf(expected: Expectation, run: RowRun, position = run.responses.length - 1): string {
  const { each, any, ...members } = expected;
  if (each !== undefined) {
    return each
      .map((one, index) => shortfallOf(one, run, index))
      .filter((shortfall) => shortfall !== '')
      .join('; ');
  }
  if (any !== undefined) {
    const shortfalls = any.map((one) => shortfallOf(one, run, position));
    return shortfalls.includes('') ? '' : shortfalls.join(' / ');
  }
  const seen = run.responses[position]!;
  return Object.entries(members)
    .filter(([name, value]) => !holds(name, value, seen, run))
    .map(
      ([name, value]) => `${name}: ${JSON.stringify(value)} (request ${position + 1}, got ${seen.raw.slice(0, 300)})`,
    )
    .join('; ');
}

type Check = (seen: ClientView, value: unknown, run: RowRun) => boolean;

const CHECKS: Readonly<Record<string, Check>> = {
  status: ({ status }, value) => status === value,
  statusBelow: ({ status }, value) => status >= 400 && status < Number(value),
  provider: ({ headers }, value) => value === 'any' || headers.get('x-nordlys-provider') === value,
  cache: ({ headers }, value) => headers.get('x-nordlys-cache') === value,
  text: ({ text }, value) => value === '*' || text === value,
  contains: (seen, value) => saidIn(seen).includes(String(value)),
  noText: ({ raw }, value) => !raw.includes(String(value)),
  nonEmpty: ({ text, calls }) => text !== '' || calls.length > 0,
  done: ({ done }, value) => done === value,
  errorEvent: ({ chunks, status }, value) => (chunks.some(({ error }) => error) || status >= 500) === value,
  usage: ({ chunks, body }, value) => [...chunks, body].some((said) => said?.['usage'] != null) === value,
  calls: ({ calls }, value) =>
    calls.length === value && calls.every(({ name, arguments: text }) => name && isJson(text)),
  callArgs: ({ calls }) => calls.length === 1 && hasMembers(calls[0]!.arguments),
  callType: ({ calls }, value) => calls.length > 0 && calls.every(({ type }) => type === value),
  everyChunkHasChoices: ({ chunks }) => chunks.every(({ error, choices }) => error || Array.isArray(choices)),
  maxUpstreamCalls: (_, value, { upstreamCalls }) => upstreamCalls <= Number(value),
  sameAsUpstream: ({ text }) => text === 'First half, second half.',
  containsAll: (seen) => ['See', 'for more'].every((text) => saidIn(seen).includes(text)),
  joined: (seen) => /Let ?me/.test(saidIn(seen)) && !saidIn(seen).includes('"thinking":"me."'),
  oneBlock: ({ body }, value) => isOneSignedBlock(body, String(value)),
  idAndModel: ({ body }) => Boolean(body?.['id'] && body['model']),
  retryAfter: ({ headers }, value) => isWithin(Number(headers.get('retry-after')), value as readonly [number, number]),
};

function holds(name: string, value: unknown, seen: ClientView, run: RowRun): boolean {
  const check = CHECKS[name];
  if (check === undefined) throw new Error(`The rows expect ${name}, which nothing here checks.`);
  return check(seen, value, run);
}

function saidIn({ text, body, chunks, raw }: ClientView): string {
  return `${text}\n${JSON.stringify(body ?? chunks)}\n${raw}`;
}

function isOneSignedBlock(body: ClientView['body'], member: string): boolean {
  const [choice] = (body?.['choices'] ?? []) as readonly { message?: Record<string, unknown> }[];
  const blocks = choice?.message?.[member] as readonly { signature?: string }[] | undefined;
  return blocks?.length === 1 && blocks[0]!.signature === 'SIG';
}

function isJson(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function hasMembers(text: unknown): boolean {
  return isJson(text) && Object.keys(JSON.parse(text as string) as object).length > 0;
}

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}
