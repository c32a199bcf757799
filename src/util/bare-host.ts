/** `host` without the brackets in which URLs write IPv6 addresses: sockets and certificates use none. */
export function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
