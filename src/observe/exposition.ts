import type { Histogram } from './histogram.js';

/** Content type of Prometheus' text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string | number>>;

/** Writes metrics in Prometheus' text format, family by family. */
export class Exposition {
  #text = '';

  /** Begins a family; the samples that follow belong to it. A family without samples is not written. */
  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): Family {
    let isBegun = false;
    return new Family(name, (line) => {
      if (!isBegun) this.#text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
      isBegun = true;
      this.#text += line;
    });
  }

  toString(): string {
    return this.#text;
  }
}

export class Family {
  readonly #name: string;
  readonly #write: (line: string) => void;

  constructor(name: string, write: (line: string) => void) {
    this.#name = name;
    this.#write = write;
  }

  sample(value: number, labels: Labels = {}): void {
    this.#write(`${this.#name}${braced(labelText(labels))} ${value}\n`);
  }

  histogram(histogram: Histogram, labels: Labels): void {
    const own = labelText(labels);
    const cumulative = histogram.cumulative();
    for (const [index, bound] of histogram.bounds.entries()) this.#bucket(own, String(bound), cumulative[index]!);
    this.#bucket(own, '+Inf', histogram.count);
    this.#write(`${this.#name}_sum${braced(own)} ${histogram.sum}\n`);
    this.#write(`${this.#name}_count${braced(own)} ${histogram.count}\n`);
  }

  #bucket(own: string, bound: string, count: number): void {
    this.#write(`${this.#name}_bucket{${own}${own === '' ? '' : ','}le="${bound}"} ${count}\n`);
  }
}

/** OpenTelemetry's dots are underscores in Prometheus. */
function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name.replaceAll('.', '_')}="${escapeLabel(String(value))}"`)
    .join(',');
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function escapeLabel(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
