import type { IncomingMessage, ServerResponse } from 'node:http';

/** Calls the next handler; with an argument, the host's error handler. */
export type Next = (error?: unknown) => void;

/** A request handler for Connect, Express 4, Express 5, Fastify's bridges and a bare `node:http` server. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

/** An error handler in Express's and Connect's form, which they recognise by its four parameters. */
export type ErrorMiddleware = (error: unknown, req: IncomingMessage, res: ServerResponse, next: Next) => void;
