import { hashOf, randomOf } from './random.ts';

/**
 * The response of the attempt `mark` to `question`. Every word contains its attempt and its position, so that missing,
 * changed and foreign words can be found in the text alone.
 */
export function textOf(question: string, mark: string): string {
  const random = randomOf(hashOf(`${mark} ${question}`));
  const count = 8 + Math.floor(random() * 17);
  const words = Array.from({ length: count }, (_, place) => `${mark}.${place}.${Math.floor(random() * 2 ** 30)}`);
  return words.join(' ');
}

/** The attempts whose words are in `text`. A truncated word counts if its mark is complete. */
export function marksIn(text: string): readonly string[] {
  const marks = new Set<string>();
  for (const word of text.split(' ')) {
    const end = word.indexOf('.');
    if (end > 0) marks.add(word.slice(0, end));
  }
  return [...marks];
}
