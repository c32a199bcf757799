/**
 * Only ECONNRESET and EPIPE mean that the upstream closed an idle connection; a parse error means that it responded.
 */
export function isHangUp(code: string | undefined): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}
