import { extensionOf } from './media.js';

const LONGEST_NAME = 200;

/** Names of the documents of one request: in the characters that Bedrock takes, and each used once. */
export class DocumentNames {
  readonly #used = new Set<string>();

  next(filename: string | undefined): string {
    const base = cleanName(filename ?? '');
    let name = base;
    for (let repeat = 2; this.#used.has(name); repeat++) name = `${base} ${repeat}`;
    this.#used.add(name);
    return name;
  }
}

function cleanName(filename: string): string {
  const extension = extensionOf(filename);
  const stem = extension === '' ? filename : filename.slice(0, -extension.length - 1);
  const clean = stem
    .replaceAll(/[^a-zA-Z0-9\-()[\]]+/g, ' ')
    .trim()
    .slice(0, LONGEST_NAME)
    .trim();
  return clean === '' ? 'document' : clean;
}

/** Document formats by MIME type; the name of a format is also its file extension. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
  ['text/x-markdown', 'md'],
]);
const EXTENSIONS: ReadonlySet<string> = new Set(FORMATS.values());

/** The format of a document by its type, or by its name where the type is generic. */
export function documentFormat(mime: string, filename: string | undefined): string | undefined {
  const byType = FORMATS.get(mime);
  // A plain text may be one of several text formats, and its name tells which.
  if (byType !== undefined && byType !== 'txt') return byType;
  const extension = extensionOf(filename ?? '');
  const byName = EXTENSIONS.has(extension) ? extension : OTHER_EXTENSIONS.get(extension);
  if (byType === 'txt') return TEXT_FORMATS.has(byName ?? '') ? byName : byType;
  return mime === '' || mime === 'application/octet-stream' ? byName : undefined;
}

const TEXT_FORMATS: ReadonlySet<string> = new Set(['csv', 'html', 'md', 'txt']);
const OTHER_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['htm', 'html'],
  ['markdown', 'md'],
]);
