import { wrap } from "../status/terminal/terminal_style.ts";

/**
 * Lays a help text out: what is given on the left, its text wrapped on the right.
 *
 * @param indent column in which texts begin; a name that reaches into it has its own line
 * @param width of a whole line
 * @returns a function that makes the lines of one entry
 */
export function helpColumns(indent: number, width: number): (given: string, text: string) => string[] {
  const margin = " ".repeat(indent);
  return (given, text) => {
    const lines = wrap(text, width - indent).map((line) => margin + line);
    const left = `  ${given}`;
    if (left.length + 2 > indent) return [left, ...lines];
    return [left.padEnd(indent) + lines[0]!.slice(indent), ...lines.slice(1)];
  };
}
