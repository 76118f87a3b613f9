/** Widest line of a list, as in deno.json. */
const LINE_WIDTH = 110;

/** What stays on one line: a span of code may hold spaces. */
const WORD = /(?:[^\s`]|`[^`]*`)+/g;

/** A Markdown list with lines as long as `deno fmt` makes them. */
export function list(items: readonly string[]): string {
  return items.map((item) => wrap(`- ${item}`)).join("\n");
}

function wrap(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const [word] of text.matchAll(WORD)) {
    if (line !== "" && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
