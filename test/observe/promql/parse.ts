/** The part of PromQL that the dashboard and the alerts use. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'selector';
      readonly metric: string;
      readonly matchers: readonly Matcher[];
      readonly isRange: boolean;
    }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly name: string;
      readonly by: readonly string[];
      readonly parameters: readonly Expression[];
    }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression };

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

const TOKEN =
  /\s*(?:(?<word>[A-Za-z_]\w*)|(?<duration>\d+[smhd])|(?<number>\d+(?:\.\d+)?)|"(?<text>[^"\\]*)"|(?<sign>=~|!~|!=|==|>=|<=|[=<>+\-*/(){}[\],]))/y;

interface Token {
  readonly kind: 'word' | 'duration' | 'number' | 'text' | 'sign';
  readonly text: string;
}

const AGGREGATIONS: ReadonlySet<string> = new Set(['sum', 'max', 'min', 'count', 'topk']);
const FUNCTIONS: Readonly<Record<string, number>> = { rate: 1, increase: 1, histogram_quantile: 2, absent: 1 };
/** Weakest first. */
const OPERATORS = [['or'], ['>', '<', '>=', '<=', '=='], ['+', '-'], ['*', '/']];

/** @throws Error for a query that is not in this part of PromQL. */
export function parseQuery(query: string): Expression {
  const parser = new Parser(tokensOf(query));
  return parser.whole();
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = query.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(query);
    if (found === null) throw new Error(`unreadable at ${query.slice(at)}`);
    const [kind, text] = Object.entries(found.groups!).find(([, value]) => value !== undefined)!;
    tokens.push({ kind: kind as Token['kind'], text: text! });
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#binary(0);
    if (this.#at < this.#tokens.length) throw new Error(`unexpected ${this.#tokens[this.#at]!.text}`);
    return expression;
  }

  #binary(level: number): Expression {
    const operators = OPERATORS[level];
    if (operators === undefined) return this.#primary();
    let left = this.#binary(level + 1);
    for (let next = this.#peek(); next !== undefined && operators.includes(next); next = this.#peek()) {
      this.#at++;
      left = { kind: 'binary', operator: next, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error('unexpected end');
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.text === '(') return this.#inParentheses();
    if (token.kind !== 'word') throw new Error(`unexpected ${token.text}`);
    if (AGGREGATIONS.has(token.text)) return this.#aggregate(token.text);
    const count = FUNCTIONS[token.text];
    if (count === undefined) return this.#selector(token.text);
    const parameters = this.#parameters();
    if (parameters.length !== count) throw new Error(`${token.text} takes ${count} parameters`);
    return { kind: 'call', name: token.text, parameters };
  }

  #inParentheses(): Expression {
    const inner = this.#binary(0);
    this.#expect(')');
    return inner;
  }

  #aggregate(name: string): Expression {
    const by: string[] = [];
    if (this.#peek() === 'by') {
      this.#at++;
      this.#expect('(');
      do by.push(this.#take('word'));
      while (this.#accept(','));
      this.#expect(')');
    }
    const parameters = this.#parameters();
    if (parameters.length !== (name === 'topk' ? 2 : 1)) throw new Error(`${name} has a wrong number of parameters`);
    return { kind: 'aggregate', name, by, parameters };
  }

  #parameters(): Expression[] {
    this.#expect('(');
    const parameters: Expression[] = [];
    do parameters.push(this.#binary(0));
    while (this.#accept(','));
    this.#expect(')');
    return parameters;
  }

  #selector(metric: string): Expression {
    const matchers: Matcher[] = [];
    if (this.#accept('{')) {
      do {
        const label = this.#take('word');
        const operator = this.#take('sign');
        if (!['=', '!=', '=~', '!~'].includes(operator)) throw new Error(`unknown matcher ${operator}`);
        matchers.push({ label, operator: operator as Matcher['operator'], value: this.#take('text') });
      } while (this.#accept(','));
      this.#expect('}');
    }
    const isRange = this.#accept('[');
    if (isRange) {
      this.#take('duration');
      this.#expect(']');
    }
    return { kind: 'selector', metric, matchers, isRange };
  }

  #peek(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === 'text' ? undefined : token?.text;
  }

  #accept(sign: string): boolean {
    const isNext = this.#peek() === sign;
    if (isNext) this.#at++;
    return isNext;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) throw new Error(`expected ${sign}, got ${this.#tokens[this.#at]?.text ?? 'the end'}`);
  }

  #take(kind: Token['kind']): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== kind) throw new Error(`expected a ${kind}, got ${token?.text ?? 'the end'}`);
    return token.text;
  }
}
