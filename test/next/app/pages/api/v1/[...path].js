import { gateway } from '../../../gateway.js';

export const config = { api: { bodyParser: false, externalResolver: true } };

export default function handler(req, res) {
  gateway(req, res);
}
