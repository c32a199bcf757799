import net from 'node:net';

/**
 * Whether a connection for an address of a caller's choosing may go to `ip`: public unicast addresses only. What is not
 * known to be public is refused, so new special ranges and new spellings of old ones are refused without being named.
 */
export function addressAllowed(ip: string): boolean {
  switch (net.isIP(ip)) {
    case 4:
      return !NOT_PUBLIC_V4.some((range) => inRangeV4(range, ip));
    case 6:
      // A zone id names an interface of this machine; isIP lets it through.
      return !ip.includes('%') && isPublicV6(ip);
    default:
      return false;
  }
}

interface RangeV4 {
  readonly base: number;
  readonly bits: number;
}

/** IANA's special-purpose registry, and an address inside of Azure that looks public. */
const NOT_PUBLIC_V4: readonly RangeV4[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
].map((range) => {
  const [base = '', bits = ''] = range.split('/');
  return { base: numberOfV4(base), bits: Number(bits) };
});

function inRangeV4({ base, bits }: RangeV4, ip: string): boolean {
  const shift = 2 ** (32 - bits);
  return Math.floor(numberOfV4(ip) / shift) === Math.floor(base / shift);
}

function numberOfV4(ip: string): number {
  return ip.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
}

interface RangeV6 {
  readonly base: readonly number[];
  readonly bits: number;
}

/** All that has been given to networks so far. */
const GLOBAL_UNICAST = rangeV6('2000::', 3);

const NOT_PUBLIC_V6: readonly RangeV6[] = [
  // Teredo, ORCHID and other protocols of the same block.
  rangeV6('2001::', 23),
  // Documentation.
  rangeV6('2001:db8::', 32),
  rangeV6('3fff::', 20),
  // 6to4: an IPv4 address, which may be a private one, in disguise.
  rangeV6('2002::', 16),
  // AS112.
  rangeV6('2620:4f:8000::', 48),
];

function isPublicV6(ip: string): boolean {
  const groups = groupsOfV6(ip);
  return inRangeV6(GLOBAL_UNICAST, groups) && !NOT_PUBLIC_V6.some((range) => inRangeV6(range, groups));
}

function rangeV6(base: string, bits: number): RangeV6 {
  return { base: groupsOfV6(base), bits };
}

function inRangeV6({ base, bits }: RangeV6, groups: readonly number[]): boolean {
  for (let index = 0, left = bits; left > 0; index++, left -= 16) {
    const shift = Math.max(0, 16 - left);
    if ((groups[index] ?? 0) >> shift !== (base[index] ?? 0) >> shift) return false;
  }
  return true;
}

/** The eight groups of an address that `net.isIP` has found to be one. */
function groupsOfV6(ip: string): readonly number[] {
  const [head = '', tail] = ip.split('::');
  const front = groupsOf(head);
  if (tail === undefined) return front;
  const back = groupsOf(tail);
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    // The last 32 bits may be written as IPv4.
    const number = numberOfV4(group);
    return [Math.floor(number / 65_536), number % 65_536];
  });
}
