// The baseline of cache hits: an Express route that discards the body and sends a fixed response.
import express from 'express';
import { completion } from '../lib/bodies.ts';
import { setup } from '../lib/channel.ts';
import { listen, type ServerSetup } from './listen.ts';

const body = completion(setup<ServerSetup>().responseBytes);
const app = express();
app.post('/v1/chat/completions', (req, res) => {
  req.resume();
  req.on('end', () => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    res.end(body);
  });
});
listen(app);
