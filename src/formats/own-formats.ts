import type { WireFormat } from '../contracts/wire-format.js';

const ownFormats = new WeakSet<WireFormat>();

/** A format of this package, frozen. When it throws, the upstream's response was unusable. */
export function ownFormat(format: WireFormat): WireFormat {
  ownFormats.add(Object.freeze(format));
  return format;
}

/** False for a host's format, also where it spreads one of this package's: what it throws may be a bug of the host. */
export function isOwnFormat(format: WireFormat): boolean {
  return ownFormats.has(format);
}
