import type { Page } from 'playwright-core';

/** The least contrast of text that WCAG 2.2 requires (AA, 1.4.3). */
const LEAST_CONTRAST = 4.5;

/** Texts whose contrast to what is behind them is too low: `<contrast> <text>`. */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const rgba = (colour) => {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
      return [...pixel.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([r, g, b]) => {
      const linear = [r, g, b].map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const behind = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = rgba(getComputedStyle(at).backgroundColor);
        if (colour[3] === 255) return colour;
      }
      return [255, 255, 255, 255];
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === '' || !element.checkVisibility() || element.closest('option, noscript') !== null) continue;
      const [light, dark] = [luminance(rgba(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
      const contrast = (light + 0.05) / (dark + 0.05);
      if (contrast < ${LEAST_CONTRAST}) found.push(contrast.toFixed(2) + ' ' + node.data.trim());
    }
    return found;
  })()`);
}

/** Texts that are cut off, as the box around them is too small. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('body *')]
    .filter((element) => element.checkVisibility() && !(element instanceof SVGElement) && element.textContent.trim() !== '')
    .filter((element) => getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth)
    .map((element) => element.textContent.trim().slice(0, 80))`);
}

/** Elements of `selector` whose text takes more than one line. */
export function wrapped(page: Page, selector: string): Promise<string[]> {
  return page.evaluate(
    `(selector => [...document.querySelectorAll(selector)]
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const tops = [...range.getClientRects()].filter(({ width }) => width > 0).map(({ bottom }) => bottom);
        return Math.max(...tops) - Math.min(...tops) > parseFloat(getComputedStyle(element).fontSize);
      })
      .map((element) => element.textContent.trim()))(${JSON.stringify(selector)})`,
  );
}

/** Presses Tab until the focus comes round, and returns what it reached, and what of that shows no outline. */
export async function tabThrough(page: Page): Promise<{ reached: string[]; unseen: string[] }> {
  const reached: string[] = [];
  const unseen: string[] = [];
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const [name, hasOutline] = (await page.evaluate(`(() => {
      const { activeElement: element } = document;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = element.id || element.getAttribute('href') || element.textContent.trim() || element.localName;
      return [element === document.body ? '' : name, outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
    })()`)) as [string, boolean];
    if (name === '' || name === reached[0]) break;
    reached.push(name);
    if (!hasOutline) unseen.push(name);
  }
  return { reached, unseen };
}
