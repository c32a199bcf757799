/**
 * Names of the DOM library that the declarations of `aws4fetch` use and Node's types do not have. Only for the check of
 * this package: no declaration that is published refers to them.
 */
type HeadersInit = Iterable<readonly [string, string]> | Record<string, string>;
type BodyInit = string | ArrayBuffer | ArrayBufferView;
