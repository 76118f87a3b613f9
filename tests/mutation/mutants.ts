/**
 * Finds the places of a source file where a small mistake could hide, and makes each of them: the mutants.
 *
 * A parser finds them, so that strings, comments and types are never touched. Stryker, which does this for Node, has no
 * runner for Deno and starts none of its own outside a package.json.
 */
import { parse } from "@babel/parser";

/** One mistake made on purpose. */
export interface Mutant {
  /** Path of the file below src/core. */
  readonly file: string;
  /** First line of what is changed, from 1. */
  readonly line: number;
  /** The text of that line, trimmed: names the place when line numbers have moved. */
  readonly code: string;
  /** What is changed into what: `< → <=`. */
  readonly change: string;
  /** Offsets of the text that `replacement` takes the place of. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A node of the syntax tree, as far as it is looked at here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const OPERATORS: Record<string, readonly string[]> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "**": ["*"],
  "%": ["*"],
  "&&": ["||"],
  "||": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  "/=": ["*="],
};
const FUNCTIONS: Record<string, string> = { min: "max", max: "min", ceil: "floor", floor: "ceil" };
const COMPARISONS = ["<", "<=", ">", ">=", "===", "!=="];

/** The source with the mutant's change. */
export function mutated(source: string, mutant: Mutant): string {
  return source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end);
}

/** Paths of the .ts files in a folder and below it, as seen from there, sorted. */
export function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sourcesIn(`${folder}/${name}`).map((path) => `${name}/${path}`);
    return name.endsWith(".ts") ? [name] : [];
  }).sort();
}

/** All mutants of a folder's files. */
export function mutantsIn(folder: string): Mutant[] {
  return sourcesIn(folder).flatMap((file) => mutantsOf(file, Deno.readTextFileSync(`${folder}/${file}`)));
}

/** All mutants of one file, in the order of the text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const found: Mutant[] = [];
  const lines = source.split("\n");
  const add = (start: number, end: number, replacement: string, change?: string) => {
    const line = source.slice(0, start).split("\n").length;
    const code = lines[line - 1]!.trim();
    found.push({
      file,
      line,
      code,
      change: change ?? `${source.slice(start, end)} → ${replacement}`,
      start,
      end,
      replacement,
    });
  };

  const visit = (node: Node, parent: Node | undefined): void => {
    // Types are gone at run time; of `x as T`, `x!` and `x satisfies T` the expression is not.
    if (node.type.startsWith("TS") && !isNode(node.expression)) return;
    switch (node.type) {
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression":
        mutateOperator(node, source, add);
        break;
      case "NumericLiteral":
        if (!isIndex(node, parent)) mutateNumber(node, add);
        break;
      case "BooleanLiteral":
        add(node.start, node.end, String(!(node.value as boolean)));
        break;
      case "UnaryExpression":
        if (node.operator === "-") add(node.start, node.start + 1, "", "-x → x");
        break;
      case "CallExpression":
        mutateCall(node, add);
        break;
      case "IfStatement":
      case "ConditionalExpression":
        mutateCondition(node, source, add);
        break;
    }
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(
    parse(source, { sourceType: "module", plugins: ["typescript"] }).program as unknown as Node,
    undefined,
  );
  return found.sort((a, b) => a.start - b.start);
}

type Add = (start: number, end: number, replacement: string, change?: string) => void;

function mutateOperator(node: Node, source: string, add: Add): void {
  const left = node.left as Node;
  const right = node.right as Node;
  if ([left, right].some((side) => side.type === "StringLiteral" && node.operator === "+")) return;
  const operator = node.operator as string;
  const at = left.end + source.slice(left.end, right.start).indexOf(operator);
  for (const other of OPERATORS[operator] ?? []) add(at, at + operator.length, other);
}

function mutateNumber(node: Node, add: Add): void {
  const value = node.value as number;
  for (const other of new Set([value + 1, value * 2, 0])) {
    if (other !== value) add(node.start, node.end, String(other));
  }
}

function mutateCall(node: Node, add: Add): void {
  const callee = node.callee as Node;
  if (callee.type !== "MemberExpression" || (callee.object as Node).name !== "Math") return;
  const name = callee.property as Node;
  const other = FUNCTIONS[name.name as string];
  if (other !== undefined) add(name.start, name.end, other);
}

/** Negates a condition. A bare comparison is left out: its operator is turned round already. */
function mutateCondition(node: Node, source: string, add: Add): void {
  const test = node.test as Node;
  if (test.type === "BinaryExpression" && COMPARISONS.includes(test.operator as string)) return;
  const kind = node.type === "IfStatement" ? "if" : "?";
  if (test.type === "UnaryExpression" && test.operator === "!") {
    add(test.start, (test.argument as Node).start, "", `${kind}: !x → x`);
  } else {
    add(test.start, test.end, `!(${source.slice(test.start, test.end)})`, `${kind}: x → !x`);
  }
}

/** `ticks[0]`: another index is another thing, and mostly a crash. */
function isIndex(node: Node, parent: Node | undefined): boolean {
  return parent?.type === "MemberExpression" && parent.property === node;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => Array.isArray(value) ? value : [value]).filter(isNode)
    .filter((child) => !/Comment/.test(child.type));
}
