// Everything that goes over the network.
const STORED = 'nordlys-key';
let key = '';

/** The key: from the link (`#key=…`), from an earlier visit, or the public one. `null`: the user must enter it. */
export async function findKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given !== null) history.replaceState(null, '', location.pathname + location.search);
  const { key: known, kinds, guards } = await (await fetch('playground/config.json')).json();
  key = given ?? sessionStorage.getItem(STORED) ?? known ?? '';
  return { key: key === '' ? null : key, kinds, guards };
}

export function useKey(value) {
  key = value;
  sessionStorage.setItem(STORED, value);
}

export function currentKey() {
  return key;
}

/** As `fetch`, but says what to do when the server does not respond. */
async function request(path, init) {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Error('The server does not respond. Is `npm start` still running?', { cause: error });
  }
}

/** @returns the JSON of a response, or its error with `status` */
async function json(path, init = {}) {
  const response = await request(path, { ...init, headers: { 'x-api-key': key, ...init.headers } });
  const body = await response.json();
  if (response.ok) return body;
  const { message = `HTTP ${response.status}`, metadata } = body.error ?? {};
  throw Object.assign(new Error(message), { status: response.status, metadata });
}

export const models = () => json('v1/models').then(({ data }) => data.map(({ id }) => id));
export const upstreams = () => json('playground/api/upstreams');

export const breakUpstream = (slug, broken) =>
  json(`playground/api/upstreams/${slug}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ broken }),
  });

/** What the caller has used, and how far its limits are used up. */
export const usage = () => json('v1/usage');

/** A dry run: no provider is called. */
export const plan = (body, guard) =>
  json('v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-nordlys-dry-run': 'plan', ...guardHeader(guard) },
    body: JSON.stringify(body),
  });

/** What is known of a request so far; `null` before anything has happened. */
export const details = (id) => json(`playground/api/requests/${id}`);

/** Switches a guard on; `''`: none. */
function guardHeader(guard) {
  return guard === '' ? {} : { 'x-playground-guard': guard };
}

export function complete(body, { id, cache, guard, signal }) {
  return request('v1/chat/completions', {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      'x-api-key': key,
      'x-request-id': id,
      ...(cache ? {} : { 'cache-control': 'no-store' }),
      ...guardHeader(guard),
    },
    body: JSON.stringify(body),
  });
}

/** The payloads of an event stream, as they come. */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split('\n\n');
    text = events.pop();
    for (const event of events) {
      for (const line of event.split('\n')) if (line.startsWith('data: ')) yield line.slice(6);
    }
  }
}
