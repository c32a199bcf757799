import { availableParallelism, cpus, totalmem } from 'node:os';
import { measurePlan } from './measure-plan.ts';
import { measureStreams } from './measure-streams.ts';
import { measureWorkload } from './measure-workload.ts';
import { findPortkey, installPortkey } from './portkey.ts';
import type { Machine, Report, StreamReport, WorkloadReport } from './report.ts';
import { Rig } from './rig.ts';
import { variant } from './variants.ts';
import type { Settings } from './settings.ts';
import { FORMAT_WORKLOADS, PLAN, STREAM_LOADS, WORKLOADS } from './workloads.ts';

/** Measures what `settings` select. `progress` is called with each next step. */
export async function runBenchmark(settings: Settings, progress: (what: string) => void): Promise<Report> {
  if (settings.portkey && findPortkey() === undefined) {
    progress('installing Portkey');
    installPortkey();
  }
  await using rig = await Rig.start(settings.repeats);
  const wanted = (id: string): boolean => settings.only?.includes(id) ?? true;
  const notes = new Set<string>();
  const workloads: WorkloadReport[] = [];
  const streams: StreamReport[] = [];

  for (const workload of [...WORKLOADS, ...FORMAT_WORKLOADS].filter(({ id }) => wanted(id))) {
    const ids = choose(workload, settings, notes);
    if (ids.length === 0) continue;
    progress(`${workload.id}: ${ids.join(', ')}`);
    workloads.push(await measureWorkload(workload, ids, settings, rig));
  }
  for (const load of STREAM_LOADS.filter(({ id }) => wanted(id))) {
    const ids = choose(load, settings, notes);
    if (ids.length === 0) continue;
    progress(`${load.id}: ${ids.join(', ')}`);
    streams.push(await measureStreams(load, ids, settings, rig, (what) => notes.add(what)));
  }
  if (wanted(PLAN)) progress('plan()');
  const plan = wanted(PLAN) ? await measurePlan(settings, rig) : [];
  return { machine: describeMachine(settings, rig), workloads, streams, plan, notes: [...notes] };
}

/** The variants to measure; those that cannot run here become notes. */
function choose(
  { variants, quick }: { readonly variants: readonly string[]; readonly quick: readonly string[] },
  settings: Settings,
  notes: Set<string>,
): readonly string[] {
  // Variants that are named are measured in a quick run, too.
  const short = settings.quick && (settings.only === undefined || quick.length > 0);
  // With `--portkey` it is measured in a quick run, too.
  const portkey = short && settings.portkey && quick.includes('hpm') ? ['portkey'] : [];
  const usual = short ? [...quick, ...portkey] : variants;
  const requested = settings.variants === undefined ? usual : variants.filter((id) => settings.variants?.includes(id));
  return requested.filter((id) => {
    const { title, missing } = variant(id);
    const reason = missing();
    if (reason !== undefined) notes.add(`${title}: ${reason}`);
    return reason === undefined;
  });
}

function describeMachine({ quick }: Settings, { cores }: Rig): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    pinned: cores !== undefined,
    quick,
  };
}
