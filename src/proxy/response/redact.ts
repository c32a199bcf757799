import { withoutAccounts } from './redact-accounts.js';

/** Longest upstream text that a client gets, in characters. */
const MAX_LENGTH = 512;
/** Longest text in hooks, logs and spans. */
const SUMMARY_LENGTH = 256;
// oxlint-disable-next-line no-control-regex -- control characters of a hostile upstream are what this removes
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** A shorter secret could be any word: removing it would only damage the text. */
const SHORTEST_SECRET = 4;

/**
 * Makes upstream text fit for a client: no keys, no account identifiers, no control characters, at most 512 characters.
 */
export function redact(text: string, secrets: readonly string[]): string {
  // Control characters are removed first, because a key that they interrupt would be whole afterwards.
  let clean = text.replace(CONTROL, '');
  // Keys are removed before the text is cut, because half a key would not be recognised.
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

/** The encodings in which an upstream may repeat a secret: plain, URL, base64 with and without padding, hex. */
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
