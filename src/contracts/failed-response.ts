import { UnusableResponse, type UpstreamErrorBody } from './wire-format.js';

/** Why a body with a good status is no completion. `error`: it reports one. */
export type ResponseFault = 'error' | 'malformed' | 'empty' | 'truncated';

/** Thrown by `completion` of an exchange for a body with a good status that is no completion, to say why. */
export class FailedResponse extends UnusableResponse {
  override readonly name: string = 'FailedResponse';
  readonly fault: ResponseFault;
  /** What the upstream reports, for `error`. */
  readonly error: UpstreamErrorBody | undefined;

  constructor(fault: ResponseFault, message: string, error?: UpstreamErrorBody) {
    super(message);
    this.fault = fault;
    this.error = error;
  }
}
