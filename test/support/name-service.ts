import dns from 'node:dns';
import { vi } from 'vitest';

type Answer = string | NodeJS.ErrnoException | 'hang';

/** Mocks DNS lookups until mocks are restored. Returns the names that are looked up. */
export function nameService(answers: Readonly<Record<string, Answer>>): string[] {
  const asked: string[] = [];
  const lookup = dns.lookup as (...given: unknown[]) => void;
  vi.spyOn(dns, 'lookup').mockImplementation(((
    host: string,
    options: unknown,
    done: (error: Error | null, found: dns.LookupAddress[]) => void,
  ) => {
    const answer = answers[host];
    // Servers that begin to listen look their host up as well.
    if (answer === undefined) return lookup(host, options, done);
    asked.push(host);
    if (answer === 'hang') return;
    setImmediate(() => (typeof answer === 'string' ? done(null, [{ address: answer, family: 4 }]) : done(answer, [])));
  }) as never);
  return asked;
}
