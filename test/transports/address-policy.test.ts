import fc from 'fast-check';
import net from 'node:net';
import { describe, expect, test } from 'vitest';
import { addressAllowed } from '../../src/transports/address-policy.js';

describe('addresses that may be called', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.0.3.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2606:4700:4700::1111',
    '2620:4f:7fff::1',
    '2620:4f:8001::1',
    '2a00:1450:4001:800::200e',
    '3ffe:ffff::1',
  ])('%s', (ip) => expect(addressAllowed(ip)).toBe(true));
});

describe('addresses that may not', () => {
  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.0.255',
    '192.0.2.1',
    '192.31.196.1',
    '192.52.193.1',
    '192.88.99.1',
    '192.168.0.1',
    '192.175.48.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.255',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '::ffff:0:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '1fff:ffff::1',
    '2001::1',
    '2001:1ff:ffff::1',
    '2001:db8::1',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2002:7f00:1::',
    '2620:4f:8000::1',
    '3fff::1',
    '3fff:fff:ffff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2606:4700::1%eth0',
    'fe80::1%lo',
  ])('%s', (ip) => expect(addressAllowed(ip)).toBe(false));

  test.each([
    '',
    'localhost',
    'example.com',
    '127.1',
    '0x7f000001',
    '2130706433',
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '[::1]',
    ' 8.8.8.8',
    '8.8.8.8\n',
    '8.8.8.8:80',
  ])('%j, which is none', (text) => expect(addressAllowed(text)).toBe(false));
});

test('one address is judged alike however it is spelt', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
      const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
      const short = new URL(`http://[${long}]/`).hostname.slice(1, -1);
      const [a = 0, b = 0] = groups.slice(6);
      const mixed = `${groups
        .slice(0, 6)
        .map((group) => group.toString(16))
        .join(':')}:${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
      const verdicts = [long, short, mixed, long.toUpperCase()].map(addressAllowed);
      expect(new Set(verdicts).size).toBe(1);
    }),
    { numRuns: 500 },
  );
});

test('of IPv6 nothing outside of 2000::/3 is allowed', () => {
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      if (net.isIP(ip) !== 6 || !addressAllowed(ip)) return;
      expect(ip).toMatch(/^[23][0-9a-f]{3}:/i);
    }),
    { numRuns: 500 },
  );
});
