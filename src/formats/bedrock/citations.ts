import { isRecord } from '../../util/json-object.js';
import type { Annotation } from '../../chat/types.js';

/**
 * Citations of one block as annotations over its span in the whole text. Citations of documents have no address and
 * are left out.
 */
export function annotationsOf(citations: readonly unknown[], start: number, end: number): Annotation[] {
  return citations.filter(isRecord).flatMap(({ title, location }) => {
    const web = isRecord(location) ? location['web'] : undefined;
    if (!isRecord(web) || typeof web['url'] !== 'string') return [];
    const { url, domain } = web;
    const formatValue = [title, domain, url].find((text) => typeof text === 'string' && text !== '') as string;
    return [{ type: 'url_citation', url_citation: { url, title: formatValue, start_index: start, end_index: end } }];
  });
}
