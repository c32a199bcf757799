import {
  flag,
  list,
  object,
  opaque,
  openVariants,
  orNull,
  text,
  variants,
  word,
  wordOr,
  type Schema,
} from './build.js';

const LONGEST_NAME = 64;
const named = object({ name: text }, ['name']);

// Gemini allows the dot and the colon.
const functionName: Schema = {
  type: 'string',
  pattern: `^[a-zA-Z0-9_.:-]{1,${LONGEST_NAME}}$`,
  longest: LONGEST_NAME,
  form: 'only letters, digits, "_", "-", "." and ":"',
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

/** `tools` and `tool_choice`. */
export interface ToolSchemas {
  readonly tools: Schema;
  readonly toolChoice: Schema;
}

/** @param unknownTools - whether tools of a type that chat completions do not have, and their choice, are allowed */
export function toolSchemas(unknownTools: 'pass' | 'reject'): ToolSchemas {
  const kinds = [functionTool, customTool];
  const choices = [namedToolChoice, namedToolChoiceCustom, allowedToolChoice];
  const isOpen = unknownTools === 'pass';
  return {
    tools: list(isOpen ? openVariants('type', kinds, ['function', 'custom']) : variants('type', kinds), 1),
    toolChoice: wordOr(
      ['none', 'auto', 'required'],
      isOpen ? openVariants('type', choices, ['function', 'custom', 'allowed_tools']) : variants('type', choices),
    ),
  };
}
