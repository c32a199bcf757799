import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CircuitBreaker, type BreakerTicket } from '../../src/proxy/failover/circuit-breaker.js';
import { FakeClock } from '../support/fake-clock.js';

type Kind = BreakerTicket['kind'];
type Ending = 'succeed' | 'fail' | 'abandon';
interface Sample {
  readonly epoch: number;
  readonly failed: boolean;
  readonly tenant: string;
}

/** What a breaker should do, written as plainly as possible: a list of samples instead of slots, and the rules. */
class Model {
  now = 0;
  calls: { kind: Kind; round: number }[] = [];
  samples: Sample[] = [];
  inARow = 0;
  ejections = 0;
  openUntil: number | undefined;
  healthySince = 0;
  /** A probe counts as one only until the breaker next opens or shuts. */
  round = 0;
  probing = false;

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.openUntil === undefined) return 'closed';
    return this.now < this.openUntil ? 'open' : 'half-open';
  }
  get window(): Sample[] {
    return this.samples.filter(({ epoch }) => epoch > Math.floor((this.now - 30_000) / 3_000));
  }
  begin(): Kind {
    const kind = this.state === 'closed' ? 'normal' : this.state === 'open' || this.probing ? 'last-resort' : 'probe';
    if (kind === 'probe') this.probing = true;
    this.calls.push({ kind, round: this.round });
    return kind;
  }
  end(index: number, ending: Ending, tenant: string): void {
    const { kind, round } = this.calls.splice(index, 1)[0]!;
    const decides = kind === 'probe' && round === this.round;
    if (ending === 'abandon') this.probing &&= !decides;
    else {
      const failed = ending === 'fail';
      this.inARow = failed ? this.inARow + 1 : 0;
      if (!failed && this.openUntil !== undefined && kind !== 'normal') this.turn(undefined);
      this.samples.push({ epoch: Math.floor(this.now / 3_000), failed, tenant });
      if (failed && (this.openUntil === undefined ? this.bad() : decides))
        this.turn(this.now + Math.min(30_000 * ++this.ejections, 300_000));
      else if (!failed && this.openUntil === undefined) this.forgive();
    }
  }
  bad(): boolean {
    const failures = this.window.filter(({ failed }) => failed);
    const tenants = (samples: Sample[]): number => new Set(samples.map(({ tenant }) => tenant)).size;
    if (failures.length / this.window.length < 0.5) return false;
    return (this.window.length >= 20 || this.inARow >= 5) && (tenants(failures) > 1 || tenants(this.window) === 1);
  }
  turn(openUntil: number | undefined): void {
    this.openUntil = openUntil;
    this.round++;
    this.probing = false;
    if (openUntil === undefined) [this.samples, this.healthySince] = [[], this.now];
  }
  forgive(): void {
    const forgiven = this.ejections === 0 ? 0 : Math.floor((this.now - this.healthySince) / 30_000);
    this.ejections = Math.max(0, this.ejections - forgiven);
    this.healthySince += forgiven * 30_000;
  }
}

interface Real {
  readonly breaker: CircuitBreaker;
  readonly clock: FakeClock;
  readonly calls: BreakerTicket[];
}
type Command = fc.Command<Model, Real>;

function expectSame(model: Model, { breaker }: Real): void {
  const failures = model.window.filter(({ failed }) => failed).length;
  const opensForMs = Math.max(0, (model.openUntil ?? 0) - model.now);
  expect(breaker.status()).toEqual({ state: model.state, samples: model.window.length, failures, opensForMs });
  expect(breaker.probing).toBe(model.probing);
}

const begin = (): Command => ({
  check: ({ calls }) => calls.length < 30,
  run(model, real) {
    const call = real.breaker.begin();
    real.calls.push(call);
    expect(call.kind).toBe(model.begin());
    expectSame(model, real);
  },
  toString: () => 'begin',
});

const end = (which: number, ending: Ending, tenant: string): Command => ({
  check: (model) => model.calls.length > 0,
  run(model, real) {
    const index = which % real.calls.length;
    const call = real.calls.splice(index, 1)[0]!;
    real.breaker[ending](call, tenant);
    model.end(index, ending, tenant);
    expectSame(model, real);
  },
  toString: () => `${ending}(${which}, ${tenant})`,
});

/** Whole calls in a row, for a state that takes twenty of them to reach. */
const burst = (endings: readonly Ending[], tenant: string): Command => ({
  check: () => true,
  run(model, real) {
    for (const ending of endings) {
      begin().run(model, real);
      end(real.calls.length - 1, ending, tenant).run(model, real);
    }
  },
  toString: () => `burst(${endings.join()}, ${tenant})`,
});

const pass = (ms: number): Command => ({
  check: () => true,
  run(model, real) {
    real.clock.advance(ms);
    model.now += ms;
    expectSame(model, real);
  },
  toString: () => `pass(${ms})`,
});

const tenants = fc.constantFrom('a', 'b', 'c');
const endings = fc.constantFrom<Ending>('succeed', 'fail', 'fail', 'abandon');
const commands = [
  fc.constant(begin()),
  fc.tuple(fc.nat(29), endings, tenants).map((choice) => end(...choice)),
  fc.tuple(fc.array(endings, { minLength: 3, maxLength: 25 }), tenants).map((choice) => burst(...choice)),
  fc.oneof(fc.nat(5_000), fc.nat(70_000), fc.constantFrom(2_999, 3_000, 29_999, 30_000)).map(pass),
];

it('a breaker does what its model does, whatever begins, ends and passes', () => {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 60 }), (run) => {
      const clock = new FakeClock({ now: 0 });
      const setup = (): { model: Model; real: Real } => ({
        model: new Model(),
        real: { breaker: new CircuitBreaker(clock, () => 0.5), clock, calls: [] },
      });
      fc.modelRun(setup, run);
    }),
    { numRuns: 1_000 },
  );
});

it('an opening lasts thirty seconds a time, five minutes at most, a tenth more or less', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 20 }), (random, times) => {
      const clock = new FakeClock({ now: 0 });
      const breaker = new CircuitBreaker(clock, () => random);
      for (let failures = 0; failures < 5; failures++) breaker.fail(breaker.begin(), 'a');
      for (let time = 1; time <= times; time++) {
        const nominal = Math.min(30_000 * time, 300_000);
        expect(breaker.status().opensForMs).toBeGreaterThanOrEqual(nominal * 0.9);
        expect(breaker.status().opensForMs).toBeLessThanOrEqual(nominal * 1.1);
        clock.advance(breaker.status().opensForMs);
        const probe = breaker.begin();
        expect(probe.kind).toBe('probe');
        breaker.fail(probe, 'a');
      }
    }),
    { numRuns: 200 },
  );
});
