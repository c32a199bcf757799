/** The members of Gemini's wire format that this translation writes. Responses are read as unknown JSON. */

export interface Blob {
  readonly mimeType: string;
  /** Base64, standard alphabet. */
  readonly data: string;
}

export interface FileData {
  readonly fileUri: string;
  /** Absent only for files that Google holds itself and whose type it knows. */
  readonly mimeType?: string;
}

export interface FunctionCall {
  readonly id?: string;
  readonly name: string;
  readonly args: object;
}

interface FunctionResponse {
  readonly id?: string;
  readonly name: string;
  readonly response: object;
  /** Media of a tool result; they must not be beside the `functionResponse` part. */
  readonly parts?: readonly { readonly inlineData: Blob }[];
}

export interface Part {
  readonly text?: string;
  readonly inlineData?: Blob;
  readonly fileData?: FileData;
  readonly functionCall?: FunctionCall;
  readonly functionResponse?: FunctionResponse;
  readonly mediaResolution?: { readonly level: string };
  readonly thoughtSignature?: string;
}

export interface Content {
  readonly role: 'user' | 'model';
  readonly parts: readonly Part[];
}

/** Google's two APIs for the same models: AI Studio (the Gemini API) and Vertex AI. */
/** Google AI Studio or Vertex AI. */
export type GeminiDoor = 'aistudio' | 'vertex';
