/** Samples of a text in Prometheus' format, by `name{labels}`. Throws for a line that is not one. */
export function parseExposition(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  const declared = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (?:HELP|TYPE) ([a-z_]\w*) .+$/.exec(line);
    if (comment !== null) {
      declared.add(comment[1]!);
      continue;
    }
    const sample = /^([a-z_]\w*)(\{(?:[a-z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`not a sample: ${line}`);
    const [, name, labels = '', value] = sample;
    if (!declared.has(name!) && !declared.has(name!.replace(/_(?:bucket|sum|count)$/, ''))) {
      throw new Error(`${name} was not declared`);
    }
    if (samples.has(name! + labels)) throw new Error(`stands twice: ${name}${labels}`);
    samples.set(name! + labels, Number(value));
  }
  return samples;
}

/** The sum of all samples of `name` whose labels hold every one of `labels`. */
export function sumOf(
  samples: ReadonlyMap<string, number>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const [key, value] of samples) {
    const isNamed = key === name || key.startsWith(`${name}{`);
    if (isNamed && wanted.every((label) => key.includes(label))) sum += value;
  }
  return sum;
}
