import { isRecord } from '../../util/json-object.js';
import type { ResponseHead, UpstreamErrorBody, UpstreamErrorKind } from '../../contracts/wire-format.js';
import { decodeError } from '../parse-error-body.js';

/** Codes that mean the same whatever status they come with. */
const KINDS: ReadonlyMap<unknown, UpstreamErrorKind> = new Map<unknown, UpstreamErrorKind>([
  ['content_filter', 'rejected'],
  ['ResponsibleAIPolicyViolation', 'rejected'],
  ['DeploymentNotFound', 'model_missing'],
  ['PermissionDenied', 'auth'],
  ['insufficient_quota', 'quota'],
]);

/** Reads an error of Azure: OpenAI's envelope. The details of its content filter are not passed on. */
export function decodeAzureError(body: unknown, head?: ResponseHead): UpstreamErrorBody | undefined {
  const decoded = decodeError(body);
  if (decoded === undefined) return undefined;
  const kind = KINDS.get(decoded.code) ?? KINDS.get(innerCode(body));
  const retryAfterMs = waitOf(head, decoded.message);
  return {
    ...decoded,
    ...(kind === undefined ? {} : { kind }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function innerCode(body: unknown): unknown {
  const error = isRecord(body) ? body['error'] : undefined;
  const inner = isRecord(error) ? (error['innererror'] ?? error['inner_error']) : undefined;
  return isRecord(inner) ? inner['code'] : undefined;
}

/** The wait in milliseconds, which Azure's own header gives most exactly. */
function waitOf(head: ResponseHead | undefined, message: string): number | undefined {
  const header = head?.headers['retry-after-ms'];
  const exact = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
  if (exact !== undefined) return exact;
  const seconds = /retry after (\d{1,6}) seconds?/i.exec(message)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
