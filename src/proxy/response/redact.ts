import { withoutAccounts } from './redact-accounts.js';

/** Longest upstream text that a client is shown, in characters. */
const MAX_LENGTH = 512;
/** Longest text in hooks, logs and spans. */
const SUMMARY_LENGTH = 256;
// oxlint-disable-next-line no-control-regex -- control characters of a hostile upstream are what this removes
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Shorter ones are words, and taking them out would only spoil the text. */
const SHORTEST_SECRET = 4;

/** Upstream text fit for a client: without keys and account identifiers, without control characters, and short. */
export function redact(text: string, secrets: readonly string[]): string {
  // Control characters go first: a key that they break up would be whole again without them.
  let clean = text.replace(CONTROL, '');
  // Keys go before the cut: half a key is still a key.
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    for (const spelling of spellings(secret)) clean = clean.replaceAll(spelling, '[redacted]');
  }
  return cut(withoutAccounts(clean), MAX_LENGTH);
}

/** Redacted text, short enough for a log line. */
export function shortened(text: string): string {
  return cut(text, SUMMARY_LENGTH);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** A secret as an upstream may repeat it: as it is, in a URL, in base64 with and without padding, in hex. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64');
  return [
    secret,
    encodeURIComponent(secret),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}
