// What the router made of the prompt, where the request left the model to it.
import { byId, element, meter, usd } from './dom.js';

/** Where it abstained: why. */
const REASONS = {
  far: 'the prompt is unlike those that it was trained with',
  timeout: 'the embedder took too long',
  embedder_failed: 'the embedder failed',
  no_text: 'the request has no text',
  no_known_model: 'no model that it knows may respond',
  not_embedded: 'the text has not been embedded',
};

export function showRouter(router) {
  byId('router-part').hidden = router === undefined;
  if (router === undefined) return;
  const { model, ranking, scores, costs } = router;
  byId('router-text').replaceChildren(...saying(router));
  const best = Math.max(...Object.values(scores), 0);
  const rows = ranking.map((name) => {
    const score = scores[name] ?? 0;
    const label = `${name} scores ${score.toFixed(2)}`;
    return element(
      'tr',
      { className: name === model ? 'chosen' : '' },
      element('th', { text: name }),
      element(
        'td',
        {},
        element('span', { text: score.toFixed(2) }),
        meter({ share: best === 0 ? 0 : score / best, label }),
      ),
      element('td', { text: costs[name] === undefined ? '–' : usd(costs[name]) }),
    );
  });
  byId('router-scores').tBodies[0].replaceChildren(...rows);
  byId('router-scores').hidden = rows.length === 0;
}

function saying({ model, cluster, distance, abstained, reason, sticky, mode }) {
  const chosen = element('b', { text: model ?? 'the plan stays as it is' });
  const near = cluster === undefined ? '' : ` Nearest cluster ${cluster}, distance ${distance.toFixed(2)}.`;
  const shadow = mode === 'shadow' ? ' Shadow mode: nothing was changed.' : '';
  if (abstained) return [chosen, `: it abstained, as ${REASONS[reason] ?? reason}.${near}${shadow}`];
  if (sticky) return [chosen, `, which served this conversation before.${shadow}`];
  return [chosen, `.${near}${shadow}`];
}
