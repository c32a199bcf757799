/** How connections to one provider are opened. PEM values are the content of files, not their paths. */
export interface NetworkOptions {
  /**
   * HTTP proxy that connections are tunnelled through: `http://[user:password@]host:port`, or `https://` for TLS to the
   * proxy. `'env'`: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` set it. `false`: none, whatever the environment contains.
   * @defaultValue `'env'` where Node runs with `NODE_USE_ENV_PROXY=1` or `--use-env-proxy`, otherwise `false`
   */
  readonly proxy?: string | false | undefined;
  /**
   * Authorities (PEM) that may sign the certificates of the upstream and of an `https://` proxy, in place of Node's own.
   * To keep those: `[...tls.getCACertificates(), yours]`.
   * @defaultValue Node's own
   */
  readonly ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** Client certificate (PEM), with the chain behind it, for an upstream that asks for one (mTLS). Needs `key`. */
  readonly cert?: string | Buffer | undefined;
  /** Private key (PEM) of `cert`. */
  readonly key?: string | Buffer | undefined;
  /** Of `key`, where it is encrypted. */
  readonly passphrase?: string | undefined;
  /** Host name that is sent as SNI and that the upstream's certificate must be for. @defaultValue the host of `baseUrl` */
  readonly servername?: string | undefined;
  /** Absolute path of a unix socket to connect to; the host of `baseUrl` is then only sent as `Host`. */
  readonly socketPath?: string | undefined;
  /** Certificates are always verified: `false` is refused. @defaultValue `true` */
  readonly rejectUnauthorized?: true | undefined;
}
