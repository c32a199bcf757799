import { createHmac } from 'node:crypto';

/** A value that a detector must find, built here so that no scanner takes this file for a leak. */
export interface Fixture {
  readonly type: string;
  readonly value: string;
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

function jwt(header = JSON.stringify({ alg: 'HS256', typ: 'JWT' })): string {
  const signed = `${base64url(header)}.${base64url(JSON.stringify({ sub: '1234567890', name: 'Ada' }))}`;
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
  { type: 'email', value: 'почта@пример.рф' },
  { type: 'email', value: 'jose\u0301@bu\u0308cher.vermögensberater' },
  { type: 'email', value: 'ada@例子.公司' },
  { type: 'email', value: 'ada%40example.com' },
  { type: 'email', value: 'ada＠ｅｘａｍｐｌｅ．ｃｏｍ' },
  { type: 'email', value: 'ada@my_host.example.com' },
  { type: 'iban', value: 'DE89370400440532013000' },
  { type: 'iban', value: 'DE89  3704\u20090044\n0532 \u2013 0130\t00' },
  { type: 'iban', value: 'ＤＥ８９３７０４００４４０５３２０１３０００' },
  { type: 'iban', value: 'GB29 NWBK 6016 1331 9268 19' },
  { type: 'iban', value: 'mt84 malt 0110 0001 2345 mtlc ast0 01s' },
  { type: 'iban', value: 'NO93-8601-1117-947' },
  { type: 'card', value: '4111111111111111' },
  { type: 'card', value: '5500 0000 0000 0004' },
  { type: 'card', value: '3782-822463-10005' },
  { type: 'card', value: '6304000000000000000' },
  { type: 'card', value: '4111\u2009111\u200b1 \u2014 1111\u00ad1111' },
  { type: 'card', value: '４１１１ １１１１ １１１１ １１１１' },
  { type: 'card', value: '٤١١١١١١١١١١١١١١١' },
  { type: 'jwt', value: jwt() },
  { type: 'jwt', value: jwt('{ "alg": "HS256" }') },
  { type: 'jwt', value: jwt('{\n  "alg": "HS256"\n}') },
  { type: 'private-key', value: pem('PRIVATE KEY', 200) },
  { type: 'private-key', value: pem('RSA PRIVATE KEY', 100) },
  { type: 'private-key', value: pem('PGP PRIVATE KEY BLOCK', 60) },
  { type: 'private-key', value: `${pem('EC PRIVATE KEY', 70)}`.replace('\n', '\n-----END CERTIFICATE-----\n') },
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
  'Bitte an ada@b schreiben, 100%40 und 5%40 Rabatt, 谢谢@你, x@公司, @你好.公司',
  '2010\u20132015, 4000 \u2013 5000 \u2013 6000, 4000\n4100\n4200\n4300, 2024\u20092025',
  'ewer.example.com, eworldwide.example.com, eyesore.other.words, eyA.b.c',
  'a@b, user@localhost, react@18.2.0, @decorator, x @ y.com',
  'DE89370400440532013001 and DE00 and IBAN',
  '4111111111111112, 1750000000000, 41111111111111111111111, 12:30-14:00',
  'eyJhbGciOiJIUzI1NiJ9 alone, eyJ.x',
  '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE----- and ----- and BEGIN PRIVATE KEY',
  'sk-short, a task-force, risk-free, AKIAnot, skill, ghp_, hf_space',
];
