/** Adds `tenant` to a set that only has to distinguish one tenant from several, so it never holds more than two. */
export function addTenant(tenants: Set<string>, tenant: string): void {
  if (tenants.size < 2) tenants.add(tenant);
}
