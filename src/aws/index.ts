export { sigV4, type SigV4Options } from './sig-v4.js';
export type { AwsCredentials, AwsCredentialsSource } from './credentials.js';
export type { SignableRequest, Signer } from '../contracts/wire-format.js';
