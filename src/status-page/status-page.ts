import type { ServerResponse } from 'node:http';
import type { Stage } from '../request/context.js';
import { GatewayError } from '../errors/gateway-error.js';
import type { Gateway } from '../gateway.js';
import type { Middleware } from '../http/middleware.js';
import { sendJson, sendText } from '../http/send.js';
import { internalsOf } from '../observe/gateway-internals.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { optionError, text } from '../options/checks.js';
import { custom } from '../options/row.js';
import { flag, milliseconds, word } from '../options/rows.js';
import { frame } from './frame.js';
import { watchGateway } from './gateway-watch.js';
import { linkPrefix, pagePart, type PagePart } from './page-path.js';
import { SCRIPT } from './page-script.js';
import { STYLE } from './page-style.js';
import { CONTENT_SECURITY_POLICY, ICON, pageHtml } from './page.js';

/** What the status page shows, and to whom. */
export interface StatusPageOptions {
  /**
   * Whether a viewer needs a key of the gateway. Set `false` if the host protects the page itself; with
   * `keys: false` and neither `admin` nor `adminKeys` it must be set.
   * @defaultValue `true`
   */
  readonly authenticate?: boolean | undefined;
  /** Length of one interval of the pictures, which hold 120. @defaultValue `10_000` */
  readonly intervalMs?: number | undefined;
  /** The title of the page. @defaultValue `'nordlys-proxy'` */
  readonly title?: string | undefined;
  /**
   * Where the link back to the app leads: a path or an HTTP(S) URL, such as `'/'`.
   * @defaultValue none: there is no such link
   */
  readonly appUrl?: string | undefined;
}

export const STATUS_PAGE = defineOptions({
  path: 'statusPage',
  prefix: 'statusPage: ',
  rows: {
    authenticate: flag('Clients need a key of the gateway. `false`: the host guards the page.').or(true),
    intervalMs: milliseconds('One interval of the pictures, which hold 120.').or(10_000),
    title: word('The title of the page.').or('nordlys-proxy'),
    appUrl: custom('a path or an HTTP(S) URL', linkTarget, 'Where the link back to the app leads.'),
  } satisfies RowsFor<StatusPageOptions>,
});

/** @throws TypeError for what is no link that a page may hold. */
function linkTarget(path: string, value: unknown): string {
  const target = text(path, value);
  if (/^(?:\.{0,2}\/(?!\/)|https?:\/\/)/.test(target)) return target;
  throw optionError(path, "must be a path such as '/' or an HTTP(S) URL", value);
}

/**
 * A live page with pictures of how `gateway` does. `app.use(statusPage(gateway))` has it at `/status`, and the same
 * as numbers at `/status.json`. The page itself holds no data; what it shows takes a key of the gateway.
 * @throws TypeError for an invalid option, or a page that would be public without `authenticate: false`.
 *
 * @example
 * app.use(statusPage(gateway)); // /status and /status.json
 */
export function statusPage(gateway: Gateway, options: StatusPageOptions = {}): Middleware {
  const { needsKey, intervalMs, ...shown } = resolveOptions(gateway, options);
  const internals = internalsOf(gateway, 'statusPage');
  const { viewers, data } = watchGateway(internals, intervalMs);
  const guard = needsKey ? internals.authenticated : internals.unauthenticated;

  const parts: Readonly<Record<PagePart, Middleware>> = {
    page: internals.unauthenticated(({ req, res }) =>
      sendPage(res, pageHtml({ ...shown, needsKey, prefix: linkPrefix(req) })),
    ),
    style: internals.unauthenticated(constant('text/css; charset=utf-8', STYLE)),
    script: internals.unauthenticated(constant('text/javascript; charset=utf-8', SCRIPT)),
    icon: internals.unauthenticated(constant('image/svg+xml', ICON)),
    json: guard(async ({ res }) => {
      const { status, history, failures, usage } = await data();
      sendJson(res, 200, { ...status, history, failures, usage });
      return 'responded' as const;
    }),
    events: guard(async ({ res, client }) => {
      const shown = await data();
      if (client.aborted) return 'responded' as const;
      if (!viewers.canAdmit) throw new GatewayError('server_is_overloaded', 'Too many look at this page already.');
      viewers.add(res, frame(shown));
      return 'responded' as const;
    }),
  };

  return function nordlysStatus(req, res, next) {
    const part = pagePart(req, next !== undefined);
    if (part !== undefined) return parts[part](req, res, next);
    if (next !== undefined) return next();
    sendText(res, 404, 'text/plain; charset=utf-8', 'Nothing is here.\n');
  };
}

function resolveOptions(gateway: Gateway, options: StatusPageOptions) {
  const { authenticate, intervalMs, title, appUrl } = STATUS_PAGE.parse(options);
  if (authenticate && !internalsOf(gateway, 'statusPage').authenticates) {
    throw new TypeError(
      'statusPage: this gateway leaves authentication to the host (keys: false). Guard the page yourself and set authenticate: false. With admin or adminKeys the gateway guards it.',
    );
  }
  return { needsKey: authenticate, intervalMs, title, appUrl };
}

function sendPage(res: ServerResponse, html: string): 'responded' {
  if (!res.hasHeader('content-security-policy')) res.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('referrer-policy', 'no-referrer');
  sendText(res, 200, 'text/html; charset=utf-8', html);
  return 'responded';
}

function constant(contentType: string, text: string): Stage {
  return ({ res }) => {
    res.setHeader('x-content-type-options', 'nosniff');
    sendText(res, 200, contentType, text);
    return 'responded';
  };
}
