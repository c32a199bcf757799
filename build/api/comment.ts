import type { Node } from 'typescript/unstable/ast';

/** A doc comment, cut into its parts. Texts are Markdown, each paragraph on one line. */
export interface DocComment {
  readonly text: string;
  readonly params: ReadonlyMap<string, string>;
  readonly returns: string | undefined;
  readonly defaultValue: string | undefined;
  readonly throws: readonly string[];
  readonly see: readonly string[];
  /** Code, with its line breaks. */
  readonly examples: readonly string[];
  readonly isInternal: boolean;
}

export const NO_COMMENT: DocComment = {
  text: '',
  params: new Map(),
  returns: undefined,
  defaultValue: undefined,
  throws: [],
  see: [],
  examples: [],
  isInternal: false,
};

/** The doc comment of a declaration: the last one before it. */
export function commentOf(node: Node): DocComment {
  const last = node.jsDoc?.at(-1);
  return last === undefined ? NO_COMMENT : parseComment(node.getSourceFile().text.slice(last.pos, last.end));
}

/** @param source - From slash to slash. */
function parseComment(source: string): DocComment {
  const body = source
    .slice(source.indexOf('/**') + 3, source.lastIndexOf('*/'))
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n');
  // A tag begins a line, or follows a sentence on its line.
  const [text = '', ...tags] = body.split(
    /(?:^|(?<=[.`:)] )|\n)\s*(?=@(?:param|returns|defaultValue|throws|see|example|internal|typeParam|remarks)\b)/,
  );
  const named = (name: string): string[] =>
    tags.filter((tag) => tag.startsWith(`@${name}`)).map((tag) => tag.slice(name.length + 1).trim());
  return {
    text: paragraphs(text),
    params: new Map(named('param').map(splitParam)),
    returns: named('returns').map(paragraphs)[0],
    defaultValue: named('defaultValue').map(paragraphs)[0],
    throws: named('throws').map(paragraphs),
    see: named('see').map(paragraphs),
    examples: named('example').map(withoutFence),
    isInternal: named('internal').length > 0,
  };
}

function splitParam(tag: string): [name: string, text: string] {
  const [, name = '', text = ''] = /^(\S+)\s*(?:- )?([\s\S]*)$/.exec(tag) ?? [];
  return [name, paragraphs(text)];
}

/** Joins the lines of each paragraph; lists keep theirs. */
function paragraphs(text: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\n(?!\s*[-*|] )\s*/g, ' ').trim())
    .join('\n\n')
    .replaceAll(/\{@link (?:[^}|]*\|)?\s*([^}]+)\}/g, '`$1`');
}

function withoutFence(code: string): string {
  return code
    .replace(/^```\w*\n/, '')
    .replace(/\n?```$/, '')
    .trim();
}
