import { escapeText } from './markup.js';

export interface PageOptions {
  readonly title: string;
  /** In front of the names of its parts. */
  readonly prefix: string;
  /** The page asks for a key before it asks for anything else. */
  readonly needsKey: boolean;
  /** Where the link back to the app leads; `undefined`: there is none. */
  readonly appUrl: string | undefined;
}

/** Shapes of what will be there, until the first frame has come. */
const SKELETON = `<div class="skeleton" aria-hidden="true"><div class="tops"><i></i><i></i><i></i><i></i><i></i></div><i class="tall"></i><div class="figures"><i></i><i></i><i></i><i></i></div><div class="figures"><i></i><i></i><i></i></div></div>`;

/** The page holds no data, so it needs no key. Its content comes over the event stream. */
export function pageHtml({ title, prefix, needsKey, appUrl }: PageOptions): string {
  const link = (name: string): string => escapeText(prefix + name);
  const back = appUrl === undefined ? '' : `<a id="to-app" href="${escapeText(appUrl)}">Back to the app</a>\n`;
  return `<!doctype html>
<html lang="en" data-events="${link('events')}" data-key="${needsKey ? 'needed' : 'none'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeText(title)}</title>
<link rel="icon" href="${link('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${link('page.css')}">
<script src="${link('page.js')}" type="module"></script>
</head>
<body>
<header class="bar"><h1>${escapeText(title)}</h1>
<div class="controls">${back}<p id="connection" role="status">connecting</p>
<button id="pause" type="button" aria-pressed="false">Pause</button></div></header>
<form id="ask" class="card" hidden><label for="key">API key of the gateway</label>
<input type="text" autocomplete="username" value="nordlys-proxy" hidden>
<div><input id="key" type="password" autocomplete="current-password" required spellcheck="false" aria-describedby="refused"><button>Open</button></div>
<p id="refused" role="alert"></p></form>
<main id="frame" tabindex="-1" aria-busy="true">${SKELETON}</main>
<noscript><p class="empty">The live pictures need JavaScript. The numbers are in <a href="${link('status.json')}">status.json</a>.</p></noscript>
</body>
</html>
`;
}

/** A curtain of northern light. */
export const ICON: string = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b1722"/><path d="M5 22c4-9 7 3 11-6s7-4 11-9v9c-4 5-7 0-11 9s-7-3-11 4z" fill="#3ddbb4"/><path d="M5 16c4-8 7 2 11-5s7-3 11-6v3c-4 4-7 1-11 8s-7-1-11 6z" fill="#a596ff" opacity=".7"/></svg>
`;

/** For hosts that set no policy of their own. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
