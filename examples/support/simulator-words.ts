// Generated text of a response: the same question gets the same text.

const OPENINGS = [
  'The short answer is that',
  'As far as anybody can see,',
  'Seen from the ground,',
  'On a clear night,',
];
const SUBJECTS = [
  'the northern light',
  'a quiet sky',
  'the solar wind',
  'every green ribbon',
  'the far horizon',
  'the cold air',
];
const VERBS = ['drifts over', 'answers', 'remembers', 'carries', 'outshines', 'waits for'];
const OBJECTS = [
  'the old harbour',
  'a question like yours',
  'the first snow',
  'the long road north',
  'its own echo',
  'the lake',
];
const LINKS = [', and', ', while', ', because', '. Then', '. Still,', '. After that'];

/** A number for a text, the same one each time (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** About `count` words, chosen by `seed`. */
export function speak(seed: number, count: number): string {
  let state = seed || 1;
  const pick = (list: readonly string[]): string => {
    // A linear congruential generator: its upper bits are random enough for prose.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return list[(state >>> 16) % list.length] ?? '';
  };
  const clause = (): string => `${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}`;
  let text = `${pick(OPENINGS)} ${clause()}`;
  while (tokensOf(text).length < count) text += `${pick(LINKS)} ${clause()}`;
  return `${text}.`;
}

/** Values that a guard detects: addresses, long numbers, keys, and its placeholders. */
const VALUES = /\S+@\S+\.\w+|(?:\d[ -]?){12,}\d|\b[A-Z]{2}\d{2}(?: ?[\dA-Z]{4}){3,}|\bsk-[\w-]{8,}|⟨[^⟨⟩]+⟩/g;

/** Text that repeats the values in a question, so that a guard finds them in the response. */
export function echoOf(question: string): string {
  const values = question.match(VALUES) ?? [];
  return values.length === 0 ? '' : `You wrote ${values.map((value) => value.trim()).join(' and ')}. `;
}

/** A token is a word with the space before it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}
