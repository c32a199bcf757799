import { UnusableResponse, type UpstreamErrorBody } from './wire-format.js';

/** Why the body of a successful response is not a completion. `error`: it reports an error. */
export type ResponseFault = 'error' | 'malformed' | 'empty' | 'truncated';

/** Thrown by `completion` of an exchange if the body of a successful response is not a completion. */
export class FailedResponse extends UnusableResponse {
  /** Always `FailedResponse`. */
  override readonly name: string = 'FailedResponse';
  /** What was wrong with the response. */
  readonly fault: ResponseFault;
  /** The error that the upstream reports, for `error`. */
  readonly error: UpstreamErrorBody | undefined;

  /** Takes what was wrong, a message for the operator, and with `error` what the upstream reports. */
  constructor(fault: ResponseFault, message: string, error?: UpstreamErrorBody) {
    super(message);
    this.fault = fault;
    this.error = error;
  }
}
