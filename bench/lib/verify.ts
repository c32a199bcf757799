import type { RequestSpec } from '../processes/driver.ts';
import { streamEvents, textsIn } from './bodies.ts';
import type { UpstreamResponse } from './upstream.ts';
import type { Rig } from './rig.ts';
import type { MeasuredServer } from './measured-server.ts';
import type { Variant } from './variants.ts';

/** Sends a request and checks the response, so that no server is measured that responds incorrectly. */
export async function verifyServer(
  variant: Variant,
  server: MeasuredServer,
  request: RequestSpec,
  response: UpstreamResponse,
  rig: Rig,
): Promise<void> {
  const probe = (): Promise<string> => rig.driver.call('probe', { port: server.port, request });
  let text = await probe();
  if (variant.id === 'gateway-cache') {
    text = await probe();
    if (!isHit(text)) throw new Error(`${variant.id} does not respond from the cache.`);
  }
  const fault = faultOf(text, response);
  if (fault !== undefined) throw new Error(`${variant.id}: ${fault}. It sent: ${text.slice(0, 600)}`);
}

function faultOf(text: string, response: UpstreamResponse): string | undefined {
  if (!text.startsWith('HTTP/1.1 200')) return 'the status is not 200';
  const body = bodyOf(text);
  if (response.kind === 'json') {
    return body.includes('"object":"chat.completion"') && body.endsWith('}') ? undefined : 'this is no completion';
  }
  if (response.kind === 'paced') return undefined;
  const sent = contentOf(streamEvents(response.count, response.bytes).join(''));
  if (contentOf(body) !== sent) return 'the text of its events is not what the upstream sent';
  return body.trimEnd().endsWith('data: [DONE]') ? undefined : 'the stream has no end';
}

/** The text of a stream, which a guard that holds some of it back may send in fewer events. */
function contentOf(stream: string): string {
  return textsIn(stream).join('');
}

function isHit(text: string): boolean {
  return /\r\nx-nordlys-cache: HIT\r\n/i.test(text);
}

/** The body without its head and its HTTP chunks. */
function bodyOf(text: string): string {
  const headEnd = text.indexOf('\r\n\r\n');
  const body = text.slice(headEnd + 4);
  if (!/\r\ntransfer-encoding: *chunked/i.test(text.slice(0, headEnd))) return body;
  let whole = '';
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = parseInt(body.slice(at, lineEnd), 16);
    if (!(size > 0)) break;
    whole += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
  return whole;
}
