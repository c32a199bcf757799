/** Longest upstream text that a client is shown, in characters. */
const MAX_LENGTH = 512;
/** What looks like a key, whoever's it is. */
const KEY_LIKE = /\b(?:sk-[\w-]{6,}|AIza[\w-]{10,}|gsk_\w{8,}|xai-[\w-]{8,}|Bearer\s+[\w.~+/=-]{6,}|org-\w{8,})/g;
// oxlint-disable-next-line no-control-regex -- control characters of a hostile upstream are what this removes
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Upstream text fit for a client: without keys, without control characters, and short. */
export function redact(text: string, secret: string | undefined): string {
  // Keys go before the cut: half a key is still a key.
  const known = secret === undefined || secret.length < 4 ? text : text.replaceAll(secret, '[redacted]');
  const clean = known.replace(KEY_LIKE, '[redacted]').replace(CONTROL, '');
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH)}…` : clean;
}
