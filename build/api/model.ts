// Reads what the package exports, with the compiler: names, signatures, members and their doc comments.
import { join } from 'node:path';
import { API, SymbolFlags, type Checker, type Project, type Symbol } from 'typescript/unstable/sync';
import {
  isClassDeclaration,
  isFunctionDeclaration,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import type { ClassDeclaration, FunctionDeclaration, InterfaceDeclaration, Node } from 'typescript/unstable/ast';
import { commentOf, NO_COMMENT, type DocComment } from './comment.ts';
import { membersOf, oneLine, type Member } from './members.ts';

type Kind = 'function' | 'class' | 'constant' | 'interface' | 'type';

/** One exported name. */
export interface PublicName {
  readonly name: string;
  readonly kind: Kind;
  /** The file in `src` that declares it. */
  readonly file: string;
  readonly doc: DocComment;
  /** As a reader would write it; one per overload. Empty for interfaces. */
  readonly signatures: readonly string[];
  /** Types whose members it has as well. */
  readonly inherits: readonly string[];
  readonly members: readonly Member[];
}

/** What can be imported from one path. */
export interface Entry {
  readonly path: string;
  readonly names: readonly PublicName[];
}

const root = join(import.meta.dirname, '../..');
const ENTRIES = {
  'nordlys-proxy': 'index.ts',
  'nordlys-proxy/aws': 'aws/index.ts',
  'nordlys-proxy/router': 'router/index.ts',
  'nordlys-proxy/status-page': 'status-page/index.ts',
  'nordlys-proxy/testing': 'testing/index.ts',
  'nordlys-proxy/undici': 'undici/index.ts',
} as const;

/** Every name that the package exports, in the order of its index files. */
export function readEntries(): Entry[] {
  const api = new API();
  try {
    const config = join(root, 'src/tsconfig.json');
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`${config} is no project.`);
    return Object.entries(ENTRIES).map(([path, file]) => ({ path, names: namesOf(project, file) }));
  } finally {
    api.close();
  }
}

function namesOf({ program, checker }: Project, file: string): PublicName[] {
  const source = program.getSourceFile(join(root, 'src', file));
  const module = source && checker.getSymbolAtLocation(source);
  if (source === undefined || module === undefined) throw new Error(`src/${file} is no module.`);
  return checker
    .getExportsOfModule(module)
    .toSorted((one, other) => placeOf(one) - placeOf(other))
    .map((symbol) => publicName(symbol, checker));
}

/** Where an index file names an export. */
function placeOf({ declarations }: Symbol): number {
  return declarations[0]?.resolve()?.pos ?? 0;
}

function publicName(exported: Symbol, checker: Checker): PublicName {
  const isAlias = (exported.flags & SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = symbol.declarations.map((handle) => handle.resolve()).filter((node) => node !== undefined);
  const [first] = declarations;
  if (first === undefined) throw new Error(`${exported.name} has no declaration.`);
  const shape = shapeOf(declarations, symbol, checker);
  // The comment of a constant stands before its statement.
  const commented = isVariableDeclaration(first) ? first.parent.parent : first;
  const file = first.getSourceFile().fileName.slice(root.length + '/src/'.length);
  return { name: exported.name, file, doc: commentOf(commented), ...shape };
}

type Shape = Pick<PublicName, 'kind' | 'signatures' | 'inherits' | 'members'>;

function shapeOf(declarations: readonly Node[], symbol: Symbol, checker: Checker): Shape {
  const [first] = declarations as [Node];
  const bare = { signatures: [], inherits: [], members: [] };
  if (isFunctionDeclaration(first)) {
    const functions = declarations.filter((node) => isFunctionDeclaration(node));
    const visible = functions.length > 1 ? functions.filter(({ body }) => body === undefined) : functions;
    return { ...bare, kind: 'function', signatures: visible.map(headOf) };
  }
  if (isClassDeclaration(first)) {
    return { ...bare, kind: 'class', inherits: heritageOf(first), members: membersOf(first.members) };
  }
  if (isInterfaceDeclaration(first)) {
    return { ...bare, kind: 'interface', inherits: heritageOf(first), members: membersOf(first.members) };
  }
  if (isTypeAliasDeclaration(first)) {
    if (isTypeLiteralNode(first.type)) return { ...bare, kind: 'interface', members: membersOf(first.type.members) };
    return { ...bare, kind: 'type', signatures: [typeText(first.getText())] };
  }
  return { ...bare, kind: 'constant', ...constantOf(symbol, first, checker) };
}

/** The members of an object, or the type of anything else. */
function constantOf(symbol: Symbol, declaration: Node, checker: Checker): Pick<Shape, 'signatures' | 'members'> {
  const type = checker.getTypeOfSymbol(symbol);
  if (type === undefined) throw new Error(`${symbol.name} has no type.`);
  if (checker.isArrayLikeType(type)) {
    return { signatures: [`const ${symbol.name}: ${checker.typeToString(type, declaration)}`], members: [] };
  }
  const members = checker.getPropertiesOfType(type).map((property) => {
    const own = checker.getTypeOfSymbol(property);
    const node = property.declarations[0]?.resolve();
    return {
      name: property.name,
      type: own === undefined ? '' : oneLine(checker.typeToString(own, declaration)),
      doc: node === undefined ? NO_COMMENT : commentOf(node),
    };
  });
  return { signatures: [], members };
}

/** `name<T>(options: Options): Result` */
function headOf({ name, typeParameters, parameters, type }: FunctionDeclaration): string {
  const generics = typeParameters?.length ? `<${listOf(typeParameters)}>` : '';
  const result = type === undefined ? '' : `: ${oneLine(type.getText())}`;
  return `${name?.text ?? ''}${generics}(${listOf(parameters)})${result}`;
}

function listOf(nodes: readonly Node[]): string {
  return nodes.map((node) => oneLine(node.getText())).join(', ');
}

function heritageOf({ heritageClauses }: ClassDeclaration | InterfaceDeclaration): string[] {
  return [...(heritageClauses ?? [])].flatMap(({ types }) => [...types].map((type) => oneLine(type.getText())));
}

/** A type alias without `export`, comments and the semicolon. */
function typeText(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\/\s*/g, '')
    .replace(/^(?:export )?(?:declare )?/, '')
    .replace(/;$/, '');
}
