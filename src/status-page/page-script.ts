/** The page's script: opens the stream of events with the key, and puts each frame in place. */
export const SCRIPT: string = `const { events, key: keyNeed } = document.documentElement.dataset;
const byId = (id) => document.getElementById(id);
const [frame, connection, pause, ask, refused] = ['frame', 'connection', 'pause', 'ask', 'refused'].map(byId);
const STORED = 'nordlys-key';
/** Statuses after which another key may help. */
const REFUSED = { 401: 'The gateway does not know this key.', 403: 'This key may not see the page.' };
const LATER = { 503: 'the server takes no more viewers, trying again' };
let paused = false;
let latest = '';
let key = keyNeed === 'needed' ? keyOfLink() ?? stored() : '';

/** \`#key=…\` opens the page in one click; it never reaches a server, and leaves the address bar at once. */
function keyOfLink() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given !== null) history.replaceState(null, '', location.pathname + location.search);
  return given;
}

function stored() {
  try { return sessionStorage.getItem(STORED); } catch { return null; }
}

function store(value) {
  try { sessionStorage.setItem(STORED, value); } catch { /* A browser without storage asks again. */ }
}

function say(state, words) {
  connection.className = state;
  connection.textContent = words;
  frame.classList.toggle('stale', state === 'lost');
}

function askForKey(why) {
  say('waiting', 'waiting for a key');
  refused.textContent = why;
  ask.hidden = false;
  byId('key').focus();
}

function show(html) {
  latest = html;
  if (paused || document.hidden || isSelecting()) return;
  const focused = frame.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  frame.innerHTML = html;
  frame.setAttribute('aria-busy', 'false');
  // The focused element was replaced; focus moves to the one with the same link.
  if (focused !== null) frame.querySelector('a[href="' + CSS.escape(focused) + '"]')?.focus({ preventScroll: true });
}

/** A new frame would take away what is being selected. */
function isSelecting() {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && frame.contains(selection.anchorNode);
}

/** Follows the stream to its end. Returns why the key was refused. */
async function watch() {
  const headers = key === '' ? {} : { 'x-api-key': key };
  const response = await fetch(events, { headers, cache: 'no-store' });
  if (REFUSED[response.status] !== undefined && keyNeed === 'needed') return REFUSED[response.status];
  if (!response.ok) throw Object.assign(new Error(String(response.status)), { status: response.status });
  store(key);
  ask.hidden = true;
  say(paused ? 'paused' : 'live', paused ? 'paused' : 'live');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    text += value;
    const whole = text.split('\\n\\n');
    text = whole.pop();
    for (const event of whole) {
      const data = event.split('\\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) show(JSON.parse(data.slice(6)));
    }
  }
}

async function run() {
  for (let waitMs = 1000; ; waitMs = Math.min(waitMs * 2, 30000)) {
    let words = 'connection lost, trying again';
    try {
      const refusal = await watch();
      if (refusal !== undefined) return askForKey(refusal);
      waitMs = 1000;
    } catch (error) {
      // Without a status the server is away.
      words = LATER[error.status] ?? words;
    }
    say('lost', words);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

pause.addEventListener('click', () => {
  paused = !paused;
  pause.setAttribute('aria-pressed', String(paused));
  if (connection.className === 'live' || connection.className === 'paused') say(paused ? 'paused' : 'live', paused ? 'paused' : 'live');
  if (!paused && latest !== '') show(latest);
});

document.addEventListener('visibilitychange', () => {
  if (latest !== '') show(latest);
});

ask.addEventListener('submit', (event) => {
  event.preventDefault();
  key = byId('key').value.trim();
  refused.textContent = '';
  void run();
});

if (key === null) askForKey('');
else void run();
`;
