import type { DriverMethods, LoadJob, LoadResult } from '../processes/driver.ts';
import type { UpstreamResponse } from './upstream.ts';
import { Child, findCores, type Cores } from './child.ts';
import { machineMicros } from './neighbours.ts';
import type { MeasuredServer } from './measured-server.ts';

/** One window of load on one server. */
export interface Window extends LoadResult {
  readonly cpuMicros: number;
  /** Share of one core that other processes used in the meantime. */
  readonly disturbance: number;
}

/** A window is measured again where other processes used more than this share of one core. */
const MAX_DISTURBANCE = 0.08;
/** Times that one window is measured at most. */
const MAX_TRIES = 3;
/** Origins of the upstream: the gateway routes over all of them, other variants use the first. */
const ORIGINS = 3;

/** The upstream of one workload. */
export interface RunningUpstream extends AsyncDisposable {
  readonly ports: readonly number[];
}

/** Shared by all measurements: the clients, the upstreams, and the CPU time of other processes. */
export class Rig implements AsyncDisposable {
  readonly cores: Cores | undefined;
  readonly driver: Child<DriverMethods>;
  #repeats: number;

  static async start(repeats: number): Promise<Rig> {
    const cores = findCores();
    const driver = await Child.start<DriverMethods>(import.meta.resolve('../processes/driver.ts'), {
      core: cores?.other,
    });
    return new Rig(cores, driver, repeats);
  }

  private constructor(cores: Cores | undefined, driver: Child<DriverMethods>, repeats: number) {
    this.cores = cores;
    this.driver = driver;
    this.#repeats = repeats;
  }

  async startUpstream(response: UpstreamResponse): Promise<RunningUpstream> {
    const ports = await this.driver.call('startUpstream', { response, origins: ORIGINS });
    return { ports, [Symbol.asyncDispose]: () => this.driver.call('closeUpstream') };
  }

  /** Measures one window. Repeats it while other processes disturb it and repeats are left; the quietest counts. */
  async window(server: MeasuredServer, job: LoadJob): Promise<Window> {
    let best = await this.#measure(server, job);
    for (let tries = 1; tries < MAX_TRIES && this.#worthRepeating(best); tries++) {
      const again = await this.#measure(server, job);
      if (again.disturbance < best.disturbance) best = again;
    }
    if (best.failures > 0) throw new Error(`${best.failures} requests failed: ${best.firstFailure}`);
    return best;
  }

  /** Failures also cause a repeat: a server without CPU time may correctly have refused requests. */
  #worthRepeating({ disturbance, failures }: Window): boolean {
    if (failures > 0) return true;
    return disturbance > MAX_DISTURBANCE && this.#repeats-- > 0;
  }

  async #measure(server: MeasuredServer, job: LoadJob): Promise<Window> {
    const before = await this.#reading(server);
    const result = await this.driver.call('load', job);
    const after = await this.#reading(server);
    const all = (after.machine ?? NaN) - (before.machine ?? NaN);
    const foreign = (all - (after.own - before.own)) / 1_000 / result.elapsedMs;
    return {
      ...result,
      cpuMicros: after.server - before.server,
      disturbance: result.failures > 0 ? Infinity : Number.isNaN(foreign) ? 0 : Math.max(0, foreign),
    };
  }

  async #reading(server: MeasuredServer): Promise<{ server: number; own: number; machine: number | undefined }> {
    const usages = await Promise.all([server.usage(), this.driver.usage()]);
    const { user, system } = process.cpuUsage();
    const own = usages.reduce((sum, { cpuMicros }) => sum + cpuMicros, user + system);
    return { server: usages[0].cpuMicros, own, machine: machineMicros() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.driver[Symbol.asyncDispose]();
  }
}
