import { gateway } from '../../../../../gateway.js';

// At the path itself, and as somebody writes it who has not read the recipe: Next parses the body.
export default function handler(req, res) {
  gateway(req, res);
}
