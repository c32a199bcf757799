import { flag, list, object, opaque, orNull, text, variants, word, wordOr, type Schema } from './build.js';

const LONGEST_NAME = 64;
const named = object({ name: text }, ['name']);

// The dot is Gemini's.
const functionName: Schema = {
  type: 'string',
  pattern: `^[a-zA-Z0-9_.-]{1,${LONGEST_NAME}}$`,
  longest: LONGEST_NAME,
};

export const functionDefinition = object(
  { name: functionName, description: orNull(text), parameters: orNull(opaque), strict: orNull(flag) },
  ['name'],
);

export const functionTool = object({ type: word('function'), function: functionDefinition }, ['type', 'function']);

export const customToolCustomFormatText = object({ type: word('text') }, ['type']);

export const customToolCustomFormatGrammarGrammar = object({ definition: text, syntax: word('lark', 'regex') }, [
  'definition',
  'syntax',
]);

export const customToolCustomFormatGrammar = object(
  { type: word('grammar'), grammar: customToolCustomFormatGrammarGrammar },
  ['type', 'grammar'],
);

export const customToolCustom = object(
  {
    name: text,
    description: orNull(text),
    format: orNull(variants('type', [customToolCustomFormatText, customToolCustomFormatGrammar])),
  },
  ['name'],
);

export const customTool = object({ type: word('custom'), custom: customToolCustom }, ['type', 'custom']);

export const tools = list(variants('type', [functionTool, customTool]), 1);

export const namedToolChoiceFunction = named;
export const namedToolChoice = object({ type: word('function'), function: namedToolChoiceFunction }, [
  'type',
  'function',
]);

export const namedToolChoiceCustomCustom = named;
export const namedToolChoiceCustom = object({ type: word('custom'), custom: namedToolChoiceCustomCustom }, [
  'type',
  'custom',
]);

export const allowedTools = object({ mode: word('auto', 'required'), tools: list(opaque) }, ['mode', 'tools']);
export const allowedToolChoice = object({ type: word('allowed_tools'), allowed_tools: allowedTools }, [
  'type',
  'allowed_tools',
]);

export const toolChoice = wordOr(
  ['none', 'auto', 'required'],
  variants('type', [namedToolChoice, namedToolChoiceCustom, allowedToolChoice]),
);
