// The request form, and when it is sent.
import { ResponseWriter, readInto } from './response.js';
import * as api from './api.js';
import { clearDecision, say, showDetails, showPlan, showPlanError } from './decision.js';
import { byId } from './dom.js';
import { showUpstreams } from './upstreams.js';
import { showUsage } from './usage.js';

const [form, prompt, model, guard] = ['ask', 'prompt', 'model', 'guard'].map(byId);
const POLL_MS = 200;
const TYPING_MS = 120;

/** Guards by their names in `x-playground-guard`. */
const GUARDS = {
  redact: {
    name: 'redact response',
    effect: 'E-mail addresses, card numbers, IBANs and keys are taken out of the response while it streams.',
  },
  restore: {
    name: 'redact prompt',
    effect:
      'The provider gets placeholders instead of e-mail addresses, card numbers, IBANs and keys; the response has your values again.',
  },
};
/** The card number is the one that card schemes publish for tests. */
const SAMPLE = 'My card is 4111 1111 1111 1111, and my address is ada@example.com. What do you know of me?';

let running;
let typing;
let kinds = [];

async function open(candidate) {
  api.useKey(candidate);
  try {
    const ids = await api.models();
    // `auto` is no model: it leaves the choice to the router.
    model.replaceChildren(...[...ids, 'auto'].map((id) => new Option(id, id)));
  } catch (error) {
    return askForKey(error.status === 401 ? 'The gateway does not know this key.' : error.message);
  }
  byId('key-form').hidden = true;
  byId('to-status').href = `status#key=${encodeURIComponent(api.currentKey())}`;
  await showUpstreams(kinds);
  await Promise.all([preview(), showUsage()]);
}

function askForKey(why) {
  byId('key-refused').textContent = why;
  byId('key-form').hidden = false;
  byId('key').focus();
}

function body() {
  const cap = byId('cap').value;
  return {
    model: model.value,
    messages: [{ role: 'user', content: prompt.value }],
    ...(byId('stream').checked ? { stream: true } : {}),
    ...(byId('sort').value === '' ? {} : { provider_sort: byId('sort').value }),
    ...(cap === '' ? {} : { provider_max_prompt_price: Number(cap) }),
    ...(byId('zdr').checked ? { provider_zdr: true } : {}),
    ...(byId('fallbacks').checked ? {} : { provider_allow_fallbacks: false }),
  };
}

/** What would happen: a dry run after every change. */
async function preview() {
  showCurl();
  showGuard();
  if (running !== undefined) return;
  const previewed = body();
  try {
    const plan = await api.plan(previewed, guard.value);
    // A request was sent, or something was changed, in the meantime.
    if (running !== undefined || JSON.stringify(body()) !== JSON.stringify(previewed)) return;
    clearDecision();
    showPlan(plan);
    say('', 'not sent yet');
  } catch (error) {
    if (running !== undefined) return;
    clearDecision();
    showPlanError(error);
    say('bad', 'no endpoint can serve this');
  }
}

async function send() {
  running?.abort();
  const controller = new AbortController();
  running = controller;
  clearDecision();
  say('busy', 'sending');
  const writer = new ResponseWriter();
  byId('stop').hidden = false;
  await api.plan(body(), guard.value).then(showPlan, showPlanError);
  const id = `playground-${crypto.randomUUID()}`;
  const watching = watch(id, controller);
  const options = { id, cache: byId('cache').checked, guard: guard.value, signal: controller.signal };
  try {
    await readInto(writer, await api.complete(body(), options));
  } catch (error) {
    if (controller.signal.aborted) writer.stopped();
    else {
      writer.failed(error.message);
      // Replaced by what the gateway knows of the request, if it does.
      if (running === controller) say('bad', 'no response');
    }
  }
  await watching.end();
  // Of two requests the later one has the card.
  if (running !== controller) return;
  writer.end();
  running = undefined;
  byId('stop').hidden = true;
}

/** Polls the details of a request until it has ended, so that attempts appear as they fail. */
function watch(id, controller) {
  let isOver = false;
  const look = async () => {
    const found = await api.details(id).catch(() => null);
    if (found !== null && running === controller) showDetails(found);
    return found;
  };
  const loop = (async () => {
    while (!isOver) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  })();
  return {
    async end() {
      isOver = true;
      await loop;
      // The last facts are known just after the last byte.
      for (let tries = 0; tries < 5; tries++) {
        const found = await look();
        if (found?.response !== undefined || found?.error !== undefined) break;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      // If the server is down, the page keeps what it shows.
      await Promise.all([showUpstreams(kinds), showUsage()]).catch(() => undefined);
    },
  };
}

function showGuard() {
  byId('guard-hint').hidden = guard.value === '';
  byId('guard-effect').textContent = GUARDS[guard.value]?.effect ?? '';
}

function showCurl() {
  const quoted = JSON.stringify(body()).replaceAll("'", "'\\''");
  const headers = [
    `authorization: Bearer ${api.currentKey()}`,
    'content-type: application/json',
    ...(byId('cache').checked ? [] : ['cache-control: no-store']),
    ...(guard.value === '' ? [] : [`x-playground-guard: ${guard.value}`]),
  ];
  const options = headers.map((header) => `  -H '${header}' \\\n`).join('');
  byId('curl').textContent = `curl -N ${location.origin}/v1/chat/completions \\\n${options}  -d '${quoted}'`;
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void open(byId('key').value.trim());
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});
form.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => void preview(), TYPING_MS);
});
prompt.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
byId('sample').addEventListener('click', () => {
  prompt.value = SAMPLE;
  prompt.focus();
  void preview();
});
byId('stop').addEventListener('click', () => running?.abort());
const found = await api.findKey();
kinds = found.kinds;
guard.append(...found.guards.map((name) => new Option(GUARDS[name]?.name ?? name, name)));
if (found.key === null) askForKey('');
else await open(found.key);
