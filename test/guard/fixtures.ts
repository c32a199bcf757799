import { createHmac } from 'node:crypto';

/** A value that a detector must find, built here so that no scanner takes this file for a leak. */
export interface Fixture {
  readonly type: string;
  readonly value: string;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(): string {
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ sub: '1234567890', name: 'Ada' })}`;
  return `${signed}.${createHmac('sha256', 'test').update(signed).digest('base64url')}`;
}

function pem(label: string, length: number): string {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'
    .repeat(Math.ceil(length / 64))
    .slice(0, length)
    .replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
}

const letters = 'abcdefghijKLMNOPQRST0123456789uvwxyzABCDEFGH';

export const FIXTURES: readonly Fixture[] = [
  { type: 'email', value: 'alice.smith+tag@mail.example.co.uk' },
  { type: 'email', value: 'müller@example.de' },
  { type: 'email', value: "o'brien_9@xn--bcher-kva.example" },
  { type: 'iban', value: 'DE89370400440532013000' },
  { type: 'iban', value: 'GB29 NWBK 6016 1331 9268 19' },
  { type: 'iban', value: 'mt84 malt 0110 0001 2345 mtlc ast0 01s' },
  { type: 'iban', value: 'NO93-8601-1117-947' },
  { type: 'card', value: '4111111111111111' },
  { type: 'card', value: '5500 0000 0000 0004' },
  { type: 'card', value: '3782-822463-10005' },
  { type: 'card', value: '6304000000000000000' },
  { type: 'jwt', value: jwt() },
  { type: 'private-key', value: pem('PRIVATE KEY', 200) },
  { type: 'private-key', value: pem('RSA PRIVATE KEY', 100) },
  { type: 'private-key', value: pem('PGP PRIVATE KEY BLOCK', 60) },
  { type: 'api-key', value: `sk-${letters.slice(0, 32)}` },
  { type: 'api-key', value: `sk-proj-${letters.slice(0, 20)}_${letters.slice(5, 20)}-x` },
  { type: 'api-key', value: `sk-ant-api03-${letters.slice(0, 30)}` },
  { type: 'api-key', value: `AKIA${letters.slice(0, 16).toUpperCase()}` },
  { type: 'api-key', value: `AIza${letters.slice(0, 35)}` },
  { type: 'api-key', value: `ghp_${letters.slice(0, 36)}` },
  { type: 'api-key', value: `github_pat_${letters.slice(0, 22)}_${letters.slice(0, 30)}` },
  { type: 'api-key', value: `xoxb-${'1234567890'}-${letters.slice(0, 24)}` },
  { type: 'api-key', value: `hf_${letters.slice(0, 34)}` },
  { type: 'api-key', value: `SG.${letters.slice(0, 22)}.${letters.slice(0, 43)}` },
];

/** Texts that look like a value and are none. */
export const HARMLESS: readonly string[] = [
  'a@b, user@localhost, react@18.2.0, @decorator, x @ y.com',
  'DE89370400440532013001 and DE00 and IBAN',
  '4111111111111112, 1750000000000, 41111111111111111111111, 12:30-14:00',
  'eyJhbGciOiJIUzI1NiJ9 alone, eyJ.x',
  '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE----- and ----- and BEGIN PRIVATE KEY',
  'sk-short, a task-force, risk-free, AKIAnot, skill, ghp_, hf_space',
];
