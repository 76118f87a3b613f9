/** Colours of a terminal, or none of them. */

/** How a piece of text looks. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

/** Gives a text a style. */
export type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/** Paints with ANSI codes. */
export const colored: Paint = (style, text) => {
  const [on, off] = CODES[style];
  return `\x1b[${on}m${text}\x1b[${off}m`;
};

/** Leaves text as it is. */
export const plain: Paint = (_style, text) => text;

/** Length as it is seen: without colour codes. */
export function visibleLength(text: string): number {
  // deno-lint-ignore no-control-regex
  return [...text.replace(/\x1b\[\d+m/g, "")].length;
}

/** Cuts to `width` visible characters, colour codes kept. */
export function cut(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  let out = "", seen = 0;
  // deno-lint-ignore no-control-regex
  for (const part of text.split(/(\x1b\[\d+m)/)) {
    if (part.startsWith("\x1b[")) {
      out += part;
      continue;
    }
    const room = Math.max(0, width - 1 - seen);
    const characters = [...part];
    out += characters.slice(0, room).join("");
    if (characters.length > room && seen < width) out += "…";
    seen += characters.length > room ? width : characters.length;
  }
  return out;
}

/** Breaks a text into lines of at most `width` characters between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
