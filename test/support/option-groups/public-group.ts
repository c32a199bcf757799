import type { OptionGroup } from '../../../src/options/group.js';
import { createGateway } from '../../../src/gateway.js';
import { authenticate, cache, guard, limit, proxy, route, validate } from '../../../src/stages.js';

/** A group of options, as the docs show it and as the host reaches it. */
export interface PublicGroup {
  readonly heading: string;
  readonly text: string;
  readonly group: OptionGroup;
  /** The type of the options, and the file in `src` that declares it. */
  readonly type: readonly [name: string, file: string];
  /** What precedes an option's name in messages. */
  readonly at: string;
  /** Options without which the others are refused. */
  readonly base: object;
  /** Gives `options` to everything that takes them. @throws TypeError */
  readonly take: (options: object) => unknown;
}

export const PROVIDERS = { p: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } };
/** The file that declares most types of options. */
export const TYPES = 'options/types.ts';

export function gateway(options: object) {
  const made = createGateway({ keys: ['demo-key'], providers: PROVIDERS, ...options } as never);
  void made.close();
  return made;
}

/** A gateway, and the stage `route`, with one provider of these options. */
export function provider(options: object): void {
  gateway({ providers: { p: { ...PROVIDERS.p, ...options } } });
  route({ providers: { p: { ...PROVIDERS.p, ...options } } });
}

/** A gateway, and each stage by itself. */
export function everyStage(options: object): void {
  gateway(options);
  authenticate({ keys: ['demo-key'], ...options });
  validate(options);
  limit({ rules: [], ...options });
  guard(options);
  route({ providers: PROVIDERS, ...options });
  cache(options);
  proxy(options);
}
