import type { UpstreamErrorSummary } from '../../contracts/hooks.js';
import type { WireFormat, UpstreamErrorBody } from '../../contracts/wire-format.js';
import type { ResponseHead } from '../../contracts/wire-format.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { openAiType, statusOfType } from './error-types.js';
import { readErrorBody, type ErrorBody, type ErrorResponse } from './error-response.js';
import { kindOfStatus } from '../failure-kind.js';
import { UpstreamFailure, FAILURES, OF_ONE_REQUEST, type FailureKind } from '../upstream-failure.js';
import { knownError } from './known-errors.js';
import { anyOf } from './known-errors/row.js';
import { redact, shortened } from './redact.js';
import { readRetryAfter } from '../retry-after.js';

export interface UpstreamErrorContext {
  readonly format: WireFormat;
  /** The credential came with the request, so the caller learns that it was rejected. */
  readonly callersKey: boolean;
  /** Texts that must never reach a client. */
  readonly secrets: readonly string[];
  /**
   * What clients get for failures that concern the operator: the gateway's own text, or the upstream's message.
   * @defaultValue `'summary'`
   */
  readonly relay?: 'summary' | 'message' | undefined;
  /** Whether `stream_options` was sent, which the gateway adds to every stream. */
  readonly sentStreamOptions?: boolean | undefined;
  /** Whether the request was sent with reasoning of earlier responses. */
  readonly sentReasoning?: (() => boolean) | undefined;
  /** Whether the caller's request contains this text: an upstream that quotes it proves nothing. */
  readonly quotes?: ((text: string) => boolean) | undefined;
}

/** Failures whose upstream message is relayed to the client (redacted). All others use the text in `FAILURES`. */
const RELAYED: ReadonlySet<FailureKind> = new Set([
  'rejected',
  'request_refused',
  'returned_reasoning',
  'generation_failed',
  'rate_limited',
  'quota',
  'caller_auth',
]);

/** A decoded error of an upstream. */
interface DecodedError {
  /** Its members; `undefined`: the body is not in a known form. */
  readonly reported: UpstreamErrorBody | undefined;
  readonly body: ErrorBody;
  /** Status of the response; `undefined` for an error inside a 200. */
  readonly lineStatus: number | undefined;
}

/** The failure that a response with an error status represents. */
export function failureOfErrorResponse(response: ErrorResponse, context: UpstreamErrorContext): UpstreamFailure {
  const { head, wallNow } = response;
  const body = readErrorBody(response);
  const decoded: DecodedError = { reported: readError(body, context.format, head), body, lineStatus: head.status };
  return failureOf(decoded, readRetryAfter(head.headers, wallNow), context);
}

/** The failure of an error inside a 200: the same as if it had come with the status that it names. */
export function failureOfErrorObject(value: unknown, context: UpstreamErrorContext): UpstreamFailure {
  return failureOf(decodedFrom(value, context), undefined, context);
}

/**
 * The error event for an upstream error in the middle of a stream: the upstream's message, redacted. If it concerns the
 * operator's account (key, credit), the client gets the gateway's own text.
 */
export function midStreamError(value: unknown, context: UpstreamErrorContext): GatewayError {
  const decoded = decodedFrom(value, context);
  const { reported } = decoded;
  const kind = kindOf(decoded, context);
  const isOperators = (kind === 'auth' || kind === 'quota') && context.relay !== 'message';
  if (reported === undefined || isOperators)
    return new GatewayError('bad_gateway', isOperators ? FAILURES[kind].text : FAILURES.server_error.text, {
      cause: summaryOf(decoded, context.secrets),
    });
  return relay('bad_gateway', reported, {
    status: undefined,
    secrets: context.secrets,
    cause: summaryOf(decoded, context.secrets),
  });
}

function decodedFrom(value: unknown, { format }: UpstreamErrorContext): DecodedError {
  const body: ErrorBody = { form: 'json', value };
  return { reported: readError(body, format, undefined), body, lineStatus: undefined };
}

function failureOf(
  decoded: DecodedError,
  headerWaitMs: number | undefined,
  context: UpstreamErrorContext,
): UpstreamFailure {
  const { reported, body } = decoded;
  const status = statusOf(decoded);
  const kind = kindOf(decoded, context);
  const details = {
    status,
    retryAfterMs: headerWaitMs ?? reported?.retryAfterMs,
    upstreamError: summaryOf(decoded, context.secrets),
    repeatedKind: repeatedKind(kind, status),
  };
  // An HTML page comes from an intermediary, not from the provider.
  if ((kind === 'server_error' || kind === 'unexpected_status') && body.form !== 'json')
    return new UpstreamFailure(kind, { ...details, error: new GatewayError('bad_gateway', FAILURES.malformed.text) });
  return new UpstreamFailure(kind, { ...details, error: clientError(kind, reported, status, context) });
}

/** The status of the response, or the one that an error inside a 200 names. */
function statusOf({ reported, lineStatus }: DecodedError): number | undefined {
  return lineStatus ?? reported?.status ?? statusOfType(reported);
}

/** The kind of an error: by the wire format, else by the table of known errors, else by the status. */
function kindOf(decoded: DecodedError, context: UpstreamErrorContext): FailureKind {
  const { reported, body } = decoded;
  const status = statusOf(decoded);
  const byStatus = status === undefined ? 'server_error' : kindOfStatus(status, context.callersKey);
  if (body.form === 'page') return status !== undefined && BLOCKING.has(status) ? 'firewall' : byStatus;
  if (reported === undefined) return byStatus;
  if (isAboutStreamOptions(reported, status, context)) return 'added_parameter';
  if (isAboutReturnedReasoning(reported, status, context)) return 'returned_reasoning';
  // A kind that only repeats the status is no verdict: the wording may be more precise.
  const verdict = reported.kind === byStatus ? undefined : reported.kind;
  const kind = verdict ?? kindByTable(reported, status, context) ?? byStatus;
  return context.callersKey && (kind === 'auth' || (kind === 'quota' && status !== 429)) ? 'caller_auth' : kind;
}

/** Statuses with which firewalls block requests. A page with 401 or 404 means a wrong base URL instead. */
const BLOCKING: ReadonlySet<number> = new Set([400, 403, 405, 406, 413, 415, 418, 422, 451]);

function kindByTable(
  reported: UpstreamErrorBody,
  status: number | undefined,
  { quotes }: UpstreamErrorContext,
): FailureKind | undefined {
  const codes = [reported.code, reported.type, ...(reported.reasons ?? [])].flatMap(
    (code) => code?.toLowerCase() ?? [],
  );
  const known = knownError({ status, codes, message: reported.message });
  if (known?.phrase === undefined || OF_ONE_REQUEST.has(known.kind)) return known?.kind;
  // Otherwise a caller whose prompt says "insufficient balance" could put the endpoint into cooldown for other callers.
  return quotes?.(known.phrase) === true ? undefined : known.kind;
}

/**
 * The gateway adds `stream_options` to every stream, so an upstream that rejects it has not rejected the caller's
 * request.
 */
function isAboutStreamOptions(
  { message, param, reasons }: UpstreamErrorBody,
  status: number | undefined,
  { sentStreamOptions, quotes }: UpstreamErrorContext,
): boolean {
  if (status !== undefined && (status < 400 || status > 499 || status === 429)) return false;
  const named = [param ?? '', message, ...(reasons ?? [])].find((text) => /stream_?options|include_usage/i.test(text));
  if (named === undefined) return false;
  return sentStreamOptions === true || (sentStreamOptions === false && quotes?.('stream_options') !== true);
}

/**
 * Clients send back the reasoning that they got, which another provider may have produced: an upstream that does not
 * know the members of it has not rejected the conversation.
 */
function isAboutReturnedReasoning(
  { message, param, reasons }: UpstreamErrorBody,
  status: number | undefined,
  { sentReasoning }: UpstreamErrorContext,
): boolean {
  if (status !== undefined && status !== 400 && status !== 422) return false;
  return [param ?? '', message, ...(reasons ?? [])].some((text) => REASONING.test(text)) && sentReasoning?.() === true;
}

const REASONING = anyOf(
  /reasoning_(?:content|details)/, // Groq, Mistral, Cerebras
  /thinking_blocks/,
  /extra_content/,
  /messages?\b.{0,40}\breasoning\b/,
  /reasoning input\b/, // Mistral
);

/** The kind by status alone, if it concerns the operator: many such errors in a row mean that. */
function repeatedKind(kind: FailureKind, status: number | undefined): FailureKind | undefined {
  if (kind === 'firewall') return 'auth';
  if (kind !== 'rejected' && kind !== 'request_refused') return undefined;
  const byStatus = status === undefined ? 'rejected' : kindOfStatus(status, false);
  return byStatus === 'auth' || byStatus === 'quota' || byStatus === 'model_missing' ? byStatus : undefined;
}

/** The error for the client if all attempts fail; `undefined`: the text of the kind. */
function clientError(
  kind: FailureKind,
  reported: UpstreamErrorBody | undefined,
  status: number | undefined,
  { secrets, relay: mode }: UpstreamErrorContext,
): GatewayError | undefined {
  const { code, text } = FAILURES[kind];
  const isRelayed = RELAYED.has(kind) && (kind !== 'quota' || status === 429);
  if (!isRelayed && kind !== 'firewall') {
    if (mode !== 'message' || reported === undefined || kind === 'added_parameter') return undefined;
    return new GatewayError(code, redact(reported.message, secrets));
  }
  const relayed = relayedStatus(kind, status);
  return reported === undefined
    ? new GatewayError(code, text, { status: relayed })
    : relay(code, reported, { status: relayed, secrets });
}

function relay(
  code: GatewayError['code'],
  reported: UpstreamErrorBody,
  { status, secrets, cause }: { status: number | undefined; secrets: readonly string[]; cause?: unknown },
): GatewayError {
  return new GatewayError(code, redact(reported.message, secrets), {
    status,
    type: openAiType(reported.type),
    wireCode: reported.code === null ? null : redact(reported.code, secrets),
    param: reported.param === null ? null : redact(reported.param, secrets),
    cause,
  });
}

/** OpenAI does not use 422; its clients know 400. An error about the request always gets a 4xx. */
function relayedStatus(kind: FailureKind, status: number | undefined): number | undefined {
  if (kind === 'rate_limited' || kind === 'quota') return 429;
  if (kind === 'caller_auth') return status !== undefined && status < 500 ? status : undefined;
  return status === undefined || status === 422 || status >= 500 ? 400 : status;
}

function readError(body: ErrorBody, format: WireFormat, head: ResponseHead | undefined): UpstreamErrorBody | undefined {
  if (body.form === 'text') return { message: body.text, type: null, param: null, code: null };
  if (body.form !== 'json') return undefined;
  try {
    return format.decodeError?.(body.value, head);
  } catch {
    // A host's own format threw: the status decides.
    return undefined;
  }
}

/** The upstream's error for hooks, logs and spans, redacted. */
function summaryOf(decoded: DecodedError, secrets: readonly string[]): UpstreamErrorSummary {
  const { reported, body } = decoded;
  const clean = (text: string): string => shortened(redact(text, secrets));
  const page = body.form === 'page' ? `HTML page: ${body.title}` : '';
  return {
    status: statusOf(decoded),
    type: reported?.type == null ? null : clean(reported.type),
    code: reported?.code == null ? null : clean(reported.code),
    message: clean(reported?.message ?? page),
  };
}

/** The upstream's error behind an error event that ended a stream. */
export function upstreamErrorBehind(error: GatewayError): UpstreamErrorSummary | undefined {
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'message' in cause && !(cause instanceof Error)
    ? (cause as UpstreamErrorSummary)
    : undefined;
}
