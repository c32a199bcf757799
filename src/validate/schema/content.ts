import {
  anything,
  filledText,
  list,
  object,
  openVariants,
  orNull,
  text,
  textOr,
  variants,
  word,
  type Schema,
} from './build.js';

// Newer than the published document.
const prompt_cache_breakpoint = anything;

export const contentPartText = object({ type: word('text'), text, prompt_cache_breakpoint }, ['type', 'text']);

export const contentPartRefusal = object({ type: word('refusal'), refusal: text }, ['type', 'refusal']);

export const contentPartImageImageURL = object({ url: filledText, detail: orNull(word('auto', 'low', 'high')) }, [
  'url',
]);

export const contentPartImage = object(
  { type: word('image_url'), image_url: contentPartImageImageURL, prompt_cache_breakpoint },
  ['type', 'image_url'],
);

// OpenAI accepts `wav` and `mp3`, compatible servers also `mpeg`, `ogg`, `flac` …
export const contentPartInputAudioInputAudio = object({ data: text, format: text }, ['data', 'format']);

export const contentPartInputAudio = object(
  { type: word('input_audio'), input_audio: contentPartInputAudioInputAudio, prompt_cache_breakpoint },
  ['type', 'input_audio'],
);

export const contentPartFileFile = object({
  file_data: orNull(text),
  file_id: orNull(text),
  filename: orNull(text),
});

export const contentPartFile = object({ type: word('file'), file: contentPartFileFile, prompt_cache_breakpoint }, [
  'type',
  'file',
]);

const TEXT_KINDS = [contentPartText];
const ASSISTANT_KINDS = [contentPartText, contentPartRefusal];
const USER_KINDS = [contentPartText, contentPartImage, contentPartInputAudio, contentPartFile];
const KNOWN_PARTS = ['text', 'refusal', 'image_url', 'input_audio', 'file'];
const KNOWN_ASSISTANT_PARTS = ['text', 'refusal'];

/** `content` of each role that takes parts. */
export interface ContentSchemas {
  readonly instruction: Schema;
  readonly user: Schema;
  readonly assistant: Schema;
  readonly tool: Schema;
}

/** @param unknownParts - whether parts of a type that OpenAI does not have are allowed */
export function contentSchemas(unknownParts: 'pass' | 'reject'): ContentSchemas {
  const parts = (kinds: readonly Schema[]): Schema =>
    unknownParts === 'pass' ? openVariants('type', kinds, KNOWN_PARTS) : variants('type', kinds);
  return {
    instruction: textOr(list(parts(TEXT_KINDS), 1)),
    // OpenAI's schema requires one part, its API accepts an empty list.
    user: textOr(list(parts(USER_KINDS))),
    // Clients send responses back unchanged, with thinking, references and other parts of upstreams.
    assistant: textOr(list(openVariants('type', ASSISTANT_KINDS, KNOWN_ASSISTANT_PARTS))),
    // Servers with more part types accept images in tool results, too.
    tool: textOr(list(parts(unknownParts === 'pass' ? USER_KINDS : TEXT_KINDS), 1)),
  };
}

/** `prediction.content`. */
export const textOrTextParts = textOr(list(variants('type', TEXT_KINDS), 1));
