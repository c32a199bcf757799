import { UnusableResponse, type UpstreamErrorBody } from './wire-format.js';

/** Why a body with a good status is no completion. `error`: it reports one. */
export type ResponseFault = 'error' | 'malformed' | 'empty' | 'truncated';

/** Thrown by `completion` of an exchange for a body with a good status that is no completion, to say why. */
export class FailedResponse extends UnusableResponse {
  /** Always `FailedResponse`. */
  override readonly name: string = 'FailedResponse';
  /** What was wrong with the response. */
  readonly fault: ResponseFault;
  /** What the upstream reports, for `error`. */
  readonly error: UpstreamErrorBody | undefined;

  /** Takes what was wrong, a message for the operator, and with `error` what the upstream reports. */
  constructor(fault: ResponseFault, message: string, error?: UpstreamErrorBody) {
    super(message);
    this.fault = fault;
    this.error = error;
  }
}
