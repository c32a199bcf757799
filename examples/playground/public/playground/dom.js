// Small helpers for the page's elements.
export const byId = (id) => document.getElementById(id);

/** An element with text and children; what comes from elsewhere only ever becomes text. */
export function element(name, { className, text } = {}, ...children) {
  const made = document.createElement(name);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** A share of a whole as a bar, with words for those who cannot see it. */
export function meter({ share, label, state = '' }) {
  const bar = element('span', { className: `filled ${state} ${share > 0 ? 'some' : ''}` });
  bar.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  const whole = element('div', { className: 'meter' }, bar);
  whole.setAttribute('role', 'img');
  whole.setAttribute('aria-label', label);
  return whole;
}

export function ms(value) {
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(2)} s`;
}

export function count(value) {
  return Math.round(value).toLocaleString('en-US');
}

/** USD with four digits that say something. */
export function usd(value) {
  if (value === 0) return '$0';
  return value < 0.01 ? `$${value.toFixed(6)}` : `$${value.toFixed(4)}`;
}
