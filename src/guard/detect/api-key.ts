import type { Finding } from '../../contracts/guard.js';
import { isAlphanumeric, isWordStart, runEnd, runStart } from './characters.js';
import type { FoldingDetector } from './fold.js';

/** A vendor's form of key: how it begins, and what must follow. */
interface KeyForm {
  readonly prefix: string;
  readonly rest: RegExp;
}

const form = (prefix: string, rest: RegExp): KeyForm => ({ prefix, rest });
const WORD_20 = /^[\w-]{20,}/;
const ALPHANUMERIC_20 = /^[A-Za-z0-9]{20,}/;
const SIXTEEN_CAPITALS = /^[0-9A-Z]{16}(?![A-Za-z0-9])/;

const FORMS: readonly KeyForm[] = [
  // OpenAI, Anthropic, OpenRouter, DeepSeek and others that follow OpenAI.
  form('sk-', WORD_20),
  // Stripe.
  form('sk_live_', ALPHANUMERIC_20),
  form('sk_test_', ALPHANUMERIC_20),
  form('rk_live_', ALPHANUMERIC_20),
  form('whsec_', ALPHANUMERIC_20),
  // AWS access key ids.
  form('AKIA', SIXTEEN_CAPITALS),
  form('ASIA', SIXTEEN_CAPITALS),
  // Google.
  form('AIza', /^[\w-]{35,}/),
  form('ya29.', WORD_20),
  form('GOCSPX-', WORD_20),
  // GitHub, GitLab.
  form('github_pat_', WORD_20),
  form('ghp_', ALPHANUMERIC_20),
  form('gho_', ALPHANUMERIC_20),
  form('ghu_', ALPHANUMERIC_20),
  form('ghs_', ALPHANUMERIC_20),
  form('ghr_', ALPHANUMERIC_20),
  form('glpat-', WORD_20),
  // Slack, SendGrid, npm, Hugging Face, Groq, xAI, Perplexity, Replicate, DigitalOcean.
  form('xoxb-', /^[\w-]{10,}/),
  form('xoxp-', /^[\w-]{10,}/),
  form('xoxa-', /^[\w-]{10,}/),
  form('xapp-', /^[\w-]{10,}/),
  form('SG.', /^[\w-]{16,}\.[\w-]{16,}/),
  form('npm_', ALPHANUMERIC_20),
  form('hf_', ALPHANUMERIC_20),
  form('gsk_', ALPHANUMERIC_20),
  form('xai-', ALPHANUMERIC_20),
  form('pplx-', ALPHANUMERIC_20),
  form('r8_', ALPHANUMERIC_20),
  form('dop_v1_', ALPHANUMERIC_20),
];

const STARTS = new RegExp(FORMS.map(({ prefix }) => prefix.replace(/[.]/g, '\\$&')).join('|'), 'g');
const MAX_PREFIX = Math.max(...FORMS.map(({ prefix }) => prefix.length));
/** Characters by which a key is known. */
const MAX_KNOWN = 1_024;
/** What is longer is cut here. */
const MAX_LENGTH = 16_384;

/** API keys of common vendors, by the form that each gives its keys. */
export const apiKeyDetector: FoldingDetector = {
  folds: true,
  type: 'api-key',
  version: '2',
  find(text, from, final) {
    STARTS.lastIndex = from;
    for (let start = STARTS.exec(text); start !== null; start = STARTS.exec(text)) {
      const found = keyAt(text, start.index, final);
      if (found !== undefined) return found;
      STARTS.lastIndex = start.index + 1;
    }
    return final ? undefined : trailingPrefix(text, from);
  },
};

function keyAt(text: string, start: number, final: boolean): Finding | undefined {
  if (!isWordStart(text, start)) return undefined;
  const known = runEnd(text, start, start + MAX_KNOWN, isPart);
  if (known === text.length && known < start + MAX_KNOWN && !final) return { start, end: undefined };
  const run = text.slice(start, known);
  for (const { prefix, rest } of FORMS) {
    const found = run.startsWith(prefix) ? rest.exec(run.slice(prefix.length)) : null;
    if (found === null) continue;
    const end = start + prefix.length + found[0].length;
    return end < start + MAX_KNOWN ? { start, end } : longKey(text, start, final);
  }
  return undefined;
}

/** A key goes on until its run ends: what is behind the characters by which it is known belongs to it. */
function longKey(text: string, start: number, final: boolean): Finding {
  const limit = start + MAX_LENGTH;
  const end = runEnd(text, start, limit, isPart);
  return { start, end: end === text.length && end < limit && !final ? undefined : end };
}

/** The end of the text, where it is the beginning of a prefix. */
function trailingPrefix(text: string, from: number): Finding | undefined {
  const earliest = runStart(text, text.length, Math.max(from, text.length - MAX_PREFIX), isPart);
  for (let start = earliest; start < text.length; start++) {
    if (isWordStart(text, start) && FORMS.some(({ prefix }) => prefix.startsWith(text.slice(start)))) {
      return { start, end: undefined };
    }
  }
  return undefined;
}

function isPart(unit: number): boolean {
  return isAlphanumeric(unit) || unit === 0x5f || unit === 0x2d || unit === 0x2e;
}
