import { cacheGroups } from './option-groups/cache-groups.js';
import { formatGroups } from './option-groups/format-groups.js';
import { functionGroups } from './option-groups/function-groups.js';
import { gatewayGroups } from './option-groups/gateway-groups.js';
import { guardGroups } from './option-groups/guard-groups.js';
import { limitGroups } from './option-groups/limit-groups.js';
import type { PublicGroup } from './option-groups/public-group.js';
import { routeGroups } from './option-groups/route-groups.js';
import { routerGroups } from './option-groups/router-groups.js';

/** Every group of the package's options, in the order of the docs. */
export const optionGroups: readonly PublicGroup[] = [
  ...gatewayGroups,
  ...routeGroups,
  ...cacheGroups,
  ...limitGroups,
  ...guardGroups,
  ...functionGroups,
  ...formatGroups,
  ...routerGroups,
];
