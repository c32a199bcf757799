import { hashOf, randomOf } from './random.ts';

/**
 * What the attempt `mark` answers to `question`. Every word names its attempt and its place, so that a text tells on its
 * own whether anything of it is missing, changed, or comes from somebody else.
 */
export function textOf(question: string, mark: string): string {
  const random = randomOf(hashOf(`${mark} ${question}`));
  const count = 8 + Math.floor(random() * 17);
  const words = Array.from({ length: count }, (_, place) => `${mark}.${place}.${Math.floor(random() * 2 ** 30)}`);
  return words.join(' ');
}

/** The attempts whose words are in `text`. A word that was cut counts while its mark is whole. */
export function marksIn(text: string): readonly string[] {
  const marks = new Set<string>();
  for (const word of text.split(' ')) {
    const end = word.indexOf('.');
    if (end > 0) marks.add(word.slice(0, end));
  }
  return [...marks];
}
