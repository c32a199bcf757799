import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RequestParser } from '../../src/testing/request-parser.js';

interface Read {
  readonly bodies: string[];
  readonly violations: string[];
}

/** Feeds `bytes` in pieces of these sizes, again and again until all is fed. */
function parse(bytes: Buffer, sizes: readonly number[]): Read {
  const read: Read = { bodies: [], violations: [] };
  let body: Uint8Array[] = [];
  const parser = new RequestParser({
    onHead: () => (body = []),
    onBody: (piece) => body.push(piece),
    onEnd: () => read.bodies.push(Buffer.concat(body).toString('latin1')),
    onViolation: (what) => read.violations.push(what),
  });
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    parser.feed(bytes.subarray(at, at + size));
    at += size;
  }
  return read;
}

const latin1 = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });

/** A request with this body, in one piece or in chunks. */
function encode(body: string, chunked: boolean): string {
  const head = 'POST /v1 HTTP/1.1\r\nhost: a\r\n';
  if (!chunked) return `${head}content-length: ${body.length}\r\n\r\n${body}`;
  const chunks = body.match(/[^]{1,7}/g) ?? [];
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return `${head}transfer-encoding: chunked\r\n\r\n${framed}0\r\n\r\n`;
}

it('separates every request, whatever is in it and however it is cut', () => {
  const requests = fc.array(fc.tuple(latin1, fc.boolean()), { maxLength: 6 });
  fc.assert(
    fc.property(requests, sizes, (list, cuts) => {
      const bytes = Buffer.from(list.map(([body, chunked]) => encode(body, chunked)).join(''), 'latin1');
      expect(parse(bytes, cuts)).toEqual({ bodies: list.map(([body]) => body), violations: [] });
    }),
    { numRuns: 500, seed: 7 },
  );
});

it('never throws, and reports at most once that this is no request', () => {
  const junk = fc.oneof(
    latin1,
    fc.stringMatching(/^(POST|GET) \/[a-z]{0,3} HTTP\/1\.1\r\n([a-z-]{1,20}: ?[0-9a-z]{0,9}\r\n){0,4}\r\n.{0,20}$/),
  );
  fc.assert(
    fc.property(fc.array(junk, { maxLength: 5 }), sizes, (list, cuts) => {
      const read = parse(Buffer.from(list.join(''), 'latin1'), cuts);
      expect(read.violations.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 1_000, seed: 7 },
  );
});

it('comes to the same whether bytes come one by one or at once', () => {
  fc.assert(
    fc.property(latin1, latin1, (body, junk) => {
      const bytes = Buffer.from(encode(body, true) + junk, 'latin1');
      expect(parse(bytes, [1])).toEqual(parse(bytes, [bytes.length]));
    }),
    { numRuns: 300, seed: 7 },
  );
});
