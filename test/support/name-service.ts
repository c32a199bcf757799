import dns from 'node:dns';
import { vi } from 'vitest';

type ReceivedResponse = string | NodeJS.ErrnoException | 'hang';

/** Mocks DNS lookups until mocks are restored. Returns the names that are looked up. */
export function nameService(responses: Readonly<Record<string, ReceivedResponse>>): string[] {
  const lookups: string[] = [];
  const lookup = dns.lookup as (...given: unknown[]) => void;
  vi.spyOn(dns, 'lookup').mockImplementation(((
    host: string,
    options: unknown,
    done: (error: Error | null, found: dns.LookupAddress[]) => void,
  ) => {
    const response = responses[host];
    // Servers that begin to listen look their host up as well.
    if (response === undefined) return lookup(host, options, done);
    lookups.push(host);
    if (response === 'hang') return;
    setImmediate(() =>
      typeof response === 'string' ? done(null, [{ address: response, family: 4 }]) : done(response, []),
    );
  }) as never);
  return lookups;
}
