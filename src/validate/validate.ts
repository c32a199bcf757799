import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import { ChangedBody } from '../json/changed-body.js';
import type { ChatRequest } from '../chat/types.js';
import { requestedDeployment } from '../http/request-path.js';
import { VALIDATE } from '../options/tables/validate.js';
import type { ValidateOptions } from '../options/types.js';
import { checkRequest, parseLargeRequest, parseRequest, type ParsedRequest } from './parse-request.js';
import { readBody, type Received } from './read-body.js';
import { compileRequestSchema } from './request-schema.js';

/** Larger bodies, in bytes, are parsed and validated in several turns of the event loop. */
const LARGE = 262_144;

/** Validates requests, by the same rules for HTTP requests and for values in code. */
export interface Validator {
  /** Reads and validates the body, and writes `request` and `body` to the context. */
  readonly stage: Stage;
  /** A request as bytes. @throws GatewayError */
  parse(bytes: Buffer): ParsedRequest;
  /** A request as a value: for `plan()`, and for what a hook returns. @throws GatewayError */
  check(value: unknown): ChatRequest;
}

/** Serves a request by its bytes, before they are parsed. `false`: it did not. */
export type FastPath = (context: RequestContext, bytes: Buffer) => boolean | Promise<boolean>;

/**
 * @param fastPath - called with every body that was received as bytes
 * @throws TypeError for an invalid option
 */
export function createValidator(options: ValidateOptions, clock: Clock, fastPath?: FastPath): Validator {
  const { bodyLimit, bodyTimeoutMs, ...choice } = VALIDATE.read(options);
  const rules = compileRequestSchema(choice);
  const limits = { bodyLimit, bodyTimeoutMs, clock };

  async function validateStage(context: RequestContext): Promise<StageOutcome> {
    const received = await readBody(context.req, limits, context.client);
    const deployment = requestedDeployment(context.req);
    // The same bytes mean another model under another path.
    if (fastPath !== undefined && received.bytes !== undefined && deployment === undefined) {
      const replayed = fastPath(context, received.bytes);
      if (replayed === true || (replayed !== false && (await replayed))) return 'responded';
    }
    const { request, body } = withModel(await parsed(received), deployment);
    context.request = request;
    context.body = body;
    return 'next';
  }

  function parsed({ bytes, value }: Received): ParsedRequest | Promise<ParsedRequest> {
    if (bytes === undefined) return checkRequest(value, rules);
    return bytes.length < LARGE ? parseRequest(bytes, rules) : parseLargeRequest(bytes, rules);
  }

  return {
    stage: validateStage,
    parse: (bytes) => parseRequest(bytes, rules),
    check: (value) => checkRequest(value, rules).request,
  };
}

/** The request with the model that its path names, unless it names one itself. */
function withModel(parsed: ParsedRequest, model: string | undefined): ParsedRequest {
  const { request } = parsed;
  if (model === undefined || isNamed(request.model) || isNamed(request.models)) return parsed;
  const named = { ...request, model };
  // The received bytes do not name the model, so they must not be a cache key.
  return { request: named, body: new ChangedBody(parsed.body, named, ['model']) };
}

function isNamed(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** The stage by itself. */
export function validateStage(options: ValidateOptions, clock: Clock): Stage {
  return createValidator(options, clock).stage;
}
