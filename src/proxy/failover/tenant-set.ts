import type { RequestContext } from '../../request/context.js';

/** Whose requests count together as evidence about an endpoint. */
export function callerIdOf({ caller }: Pick<RequestContext, 'caller'>): string {
  return caller?.id ?? '';
}

/** Adds `tenant` to a set that only has to distinguish one tenant from several, so it never holds more than two. */
export function addTenant(tenants: Set<string>, tenant: string): void {
  if (tenants.size < 2) tenants.add(tenant);
}
