import {
  isCallSignatureDeclaration,
  isConstructorDeclaration,
  isConstructSignatureDeclaration,
  isGetAccessorDeclaration,
  isIndexSignatureDeclaration,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isPrivateIdentifier,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
} from 'typescript/unstable/ast/is';
import { SyntaxKind, type Node } from 'typescript/unstable/ast';
import { commentOf, type DocComment } from './comment.ts';

/** A member of an interface or class. */
export interface Member {
  /** With `?` where it is optional, and with parameters where it is a method. */
  readonly name: string;
  readonly type: string;
  readonly doc: DocComment;
}

/** The members that a user may use: neither private nor internal ones. */
export function membersOf(nodes: readonly Node[]): Member[] {
  return [...nodes].flatMap((node) => {
    const member = isHidden(node) ? undefined : memberOf(node);
    return member === undefined || member.doc.isInternal ? [] : [member];
  });
}

/** Types are shown on one line. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\/\s*/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/^\| /g, '')
    .replaceAll(/([(<{[:]) \| /g, '$1 ')
    .replaceAll(/, ([)\]>])/g, '$1')
    .replaceAll('( ', '(')
    .trim();
}

function isHidden(node: Node): boolean {
  const { name, modifiers } = node as Node & { name?: Node; modifiers?: readonly Node[] };
  const isPrivate = modifiers?.some(
    ({ kind }) => kind === SyntaxKind.PrivateKeyword || kind === SyntaxKind.ProtectedKeyword,
  );
  return isPrivate === true || (name !== undefined && isPrivateIdentifier(name));
}

function memberOf(node: Node): Member | undefined {
  const doc = commentOf(node);
  if (isPropertySignatureDeclaration(node) || isPropertyDeclaration(node)) {
    const { type, initializer } = node as { type?: Node; initializer?: Node };
    const text = oneLine((type ?? initializer)?.getText() ?? '');
    const name = `${node.name.getText()}${questionMarkOf(node)}`;
    return { name, type: name.endsWith('?') ? bare(text.replace(/ \| undefined$/, '')) : text, doc };
  }
  if (isGetAccessorDeclaration(node))
    return { name: node.name.getText(), type: oneLine(node.type?.getText() ?? ''), doc };
  if (isMethodSignatureDeclaration(node) || isMethodDeclaration(node)) {
    return { name: `${node.name.getText()}${questionMarkOf(node)}()`, type: callText(node), doc };
  }
  if (isCallSignatureDeclaration(node)) return { name: '(call)', type: callText(node), doc };
  if (isConstructSignatureDeclaration(node)) return { name: 'new', type: callText(node), doc };
  if (isConstructorDeclaration(node)) return { name: 'constructor()', type: callText(node), doc };
  if (isIndexSignatureDeclaration(node)) {
    return { name: `[${listOf(node.parameters)}]`, type: oneLine(node.type.getText()), doc };
  }
  return undefined;
}

function questionMarkOf(node: Node): string {
  const { postfixToken } = node as Node & { postfixToken?: Node };
  return postfixToken?.kind === SyntaxKind.QuestionToken ? '?' : '';
}

/** A function type needs no brackets where it stands alone. */
function bare(type: string): string {
  return /^\(\([^()]*(?:\([^()]*\)[^()]*)*\) => (?:[^()]|\(\))*\)$/.test(type) ? type.slice(1, -1) : type;
}

/** `(key: string) => Promise<void>` */
function callText(node: Node): string {
  const { parameters, type, typeParameters } = node as Node & {
    parameters: readonly Node[];
    type?: Node;
    typeParameters?: readonly Node[];
  };
  const generics = typeParameters?.length ? `<${listOf(typeParameters)}>` : '';
  const result = type === undefined ? '' : ` => ${oneLine(type.getText())}`;
  return `${generics}(${listOf(parameters)})${result}`;
}

function listOf(nodes: readonly Node[]): string {
  return nodes.map((node) => oneLine(node.getText())).join(', ');
}
