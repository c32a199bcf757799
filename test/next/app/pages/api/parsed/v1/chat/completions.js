import { gateway } from '../../../../../gateway.js';

// At the path itself, as without the recipe: Next parses the body.
export default function handler(req, res) {
  gateway(req, res);
}
