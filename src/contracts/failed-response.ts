import { UnusableResponse, type UpstreamErrorBody } from './wire-format.js';

/** Why the body of a successful response is not a completion. `error`: it reports an error. */
export type ResponseFault = 'error' | 'malformed' | 'empty' | 'truncated';

/** Thrown by `completion` of an exchange if the body of a successful response is not a completion. */
export class FailedResponse extends UnusableResponse {
  override readonly name: string = 'FailedResponse';
  readonly fault: ResponseFault;
  /** The error that the upstream reports, for `error`. */
  readonly error: UpstreamErrorBody | undefined;

  constructor(fault: ResponseFault, message: string, error?: UpstreamErrorBody) {
    super(message);
    this.fault = fault;
    this.error = error;
  }
}
