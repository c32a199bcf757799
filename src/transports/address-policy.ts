import net from 'node:net';

/** IANA's special-purpose registry for IPv4, and one address that is internal to Azure. */
const NOT_PUBLIC_V4 = blockList('ipv4', [
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
]);

/** Everything that IANA has assigned as global unicast so far. */
const GLOBAL_UNICAST_V6 = blockList('ipv6', ['2000::/3']);

/**
 * Ranges inside it that are not public: Teredo and ORCHID, documentation, 6to4 (may embed a private IPv4 address),
 * AS112.
 */
const NOT_PUBLIC_V6 = blockList('ipv6', ['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16', '2620:4f:8000::/48']);

/**
 * Whether the gateway may connect to `ip` for a caller who chose the address: public unicast addresses only. IPv6
 * addresses outside the assigned ranges, and everything that is not an IP address, are refused.
 */
export function addressAllowed(ip: string): boolean {
  switch (net.isIP(ip)) {
    case 4:
      return !NOT_PUBLIC_V4.check(ip, 'ipv4');
    case 6:
      // `isIP` accepts a zone id, which names an interface of this machine.
      return !ip.includes('%') && GLOBAL_UNICAST_V6.check(ip, 'ipv6') && !NOT_PUBLIC_V6.check(ip, 'ipv6');
    default:
      return false;
  }
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): net.BlockList {
  const list = new net.BlockList();
  for (const range of ranges) {
    const [base = '', bits = ''] = range.split('/');
    list.addSubnet(base, Number(bits), family);
  }
  return list;
}
