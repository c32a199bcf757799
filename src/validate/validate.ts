import type { RequestContext, Stage, StageOutcome } from '../request/context.js';
import type { Clock } from '../contracts/clock.js';
import type { ChatRequest } from '../chat/types.js';
import type { ValidateOptions } from '../options/types.js';
import { checkRequest, parseLargeRequest, parseRequest, type ParsedRequest } from './parse-request.js';
import { readBody, type Received } from './read-body.js';
import { compileRequestSchema } from './request-schema.js';
import { resolveValidateOptions } from './resolve-options.js';

/** Bytes from which on a body is worth more than one turn of the event loop. */
const LARGE = 262_144;

/** WHAT IS ASKED: one set of rules for what comes over the wire and for what is asked about in code. */
export interface Validator {
  /** Reads the body, checks it, and writes `request` and `body` into the context. */
  readonly stage: Stage;
  /** A request as bytes. @throws GatewayError */
  parse(bytes: Buffer): ParsedRequest;
  /** A request as a value: for `plan()`, and for what a hook returns. @throws GatewayError */
  check(value: unknown): ChatRequest;
}

/** May answer a request by its bytes alone, before they are parsed. `false`: it did not. */
export type FastPath = (context: RequestContext, bytes: Buffer) => boolean | Promise<boolean>;

/**
 * @param shortcut - Asked with every body that comes as bytes.
 * @throws TypeError for an option that is wrong.
 */
export function createValidator(options: ValidateOptions, clock: Clock, fastPath?: FastPath): Validator {
  const { bodyLimit, bodyTimeoutMs, ...choice } = resolveValidateOptions(options);
  const rules = compileRequestSchema(choice);
  const limits = { bodyLimit, bodyTimeoutMs, clock };

  async function validateStage(context: RequestContext): Promise<StageOutcome> {
    const received = await readBody(context.req, limits, context.client);
    if (fastPath !== undefined && received.bytes !== undefined) {
      const answered = fastPath(context, received.bytes);
      if (answered === true || (answered !== false && (await answered))) return 'responded';
    }
    const { request, body } = await parsed(received);
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

/** The stage alone. */
export function validateStage(options: ValidateOptions, clock: Clock): Stage {
  return createValidator(options, clock).stage;
}
