// Times a routing decision and an embedding: `node bench/router.ts`, after `npm run build`. The best of several rounds
// counts, which reduces the effect of other processes.
import { readFileSync } from 'node:fs';
import { checkpointRouter, hashingEmbedder, type CheckpointDocument } from 'nordlys-proxy/router';

const CLUSTERS = 100;
const DIMENSION = 384;
const ROUNDS = 20;
const CALLS = 500;

function best(work: (index: number) => void): number {
  for (let index = 0; index < CALLS * 4; index++) work(index);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    for (let index = 0; index < CALLS; index++) work(index);
    least = Math.min(least, (performance.now() - startedAt) / CALLS);
  }
  return least * 1_000;
}

const random = (length: number): number[] => Array.from({ length }, () => Math.random() - 0.5);
const wide: CheckpointDocument = {
  cluster_centers: Array.from({ length: CLUSTERS }, () => random(DIMENSION)),
  models: Array.from({ length: 9 }, (_, index) => ({
    model_id: `m${index}`,
    scores: Array.from({ length: CLUSTERS }, Math.random),
  })),
  embedding: { model: 'random' },
  clustering: { n_clusters: CLUSTERS },
  reduction: null,
};
const router = checkpointRouter(wide, { embed: () => [] });
const vectors = Array.from({ length: 64 }, () => Float32Array.from(random(DIMENSION)));
const decision = best((index) => router.decide(vectors[index % vectors.length]!));

const file = new URL('../examples/router/checkpoint.json', import.meta.url);
const embed = hashingEmbedder(JSON.parse(readFileSync(file, 'utf8')) as CheckpointDocument);
const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8').slice(0, 4_096);
const embedding = best(() => embed(text));

process.stdout.write(
  `decision, ${CLUSTERS} clusters × ${DIMENSION}: ${decision.toFixed(1)} µs\nhashing embedder, ${text.length} characters: ${embedding.toFixed(1)} µs\n`,
);
