// A minimal balancer: one backend after the other, and the next one if a backend does not respond.
import http, { type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

interface ReceivedResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Balances over `ports` on loopback. Responses are passed on when complete, so that a killed backend loses none. */
export function createBalancer(ports: readonly number[]): http.Server {
  let turn = 0;
  return http.createServer(async (req, res) => {
    const body = await buffer(req);
    const first = turn++;
    for (let attempt = 0; attempt < ports.length; attempt++) {
      const response = await post(ports[(first + attempt) % ports.length]!, req, body).catch(() => undefined);
      if (response === undefined) continue;
      res.writeHead(response.status, { ...response.headers, 'x-backend': String((first + attempt) % ports.length) });
      res.end(response.body);
      return;
    }
    res.writeHead(502).end();
  });
}

function post(port: number, req: IncomingMessage, body: Buffer): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = req;
    const request = http.request({ host: '127.0.0.1', port, method, path: url, headers }, (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: bytes }),
        reject,
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}
