import { isRecord, type JsonObject } from '../../util/json-object.js';

/** An image of the model's in OpenRouter's form; `undefined` where it brings no bytes. */
export function imageOutput(image: unknown, index: number): JsonObject | undefined {
  const source = isRecord(image) ? image['source'] : undefined;
  const bytes = isRecord(source) ? source['bytes'] : undefined;
  if (!isRecord(image) || typeof bytes !== 'string' || bytes === '') return undefined;
  const format = typeof image['format'] === 'string' ? image['format'] : 'png';
  return { type: 'image_url', index, image_url: { url: `data:image/${format};base64,${bytes}` } };
}
