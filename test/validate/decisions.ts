import { readFileSync } from 'node:fs';

/** Case name → whether such a request is accepted, as `docs/wire-decisions.md` lists. */
export const decisions: ReadonlyMap<string, 'accepted' | 'refused'> = new Map(
  [...page().matchAll(/^\| `([^`]+)` \| (accepted|refused) \|/gm)].map(([, name, decision]) => [
    name as string,
    decision as 'accepted' | 'refused',
  ]),
);

function page(): string {
  return readFileSync(new URL('../../docs/wire-decisions.md', import.meta.url), 'utf8');
}
