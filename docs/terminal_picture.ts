/**
 * Turns what a command writes to a terminal into an SVG picture of that terminal:
 * `deno run -A docs/terminal_picture.ts --help`.
 */
import { taskArguments } from "../tasks/arguments.ts";

const COLORS: Readonly<Record<string, string>> = {
  "31": "#ff7b72",
  "32": "#3ecf9a",
  "33": "#e3b341",
  "34": "#6cb6ff",
  "35": "#c297ff",
  "36": "#76d7ea",
};
const BACK = "#12171b", TEXT = "#e7ebef", DIM = "#8a96a1";
const CELL = 7.83, LINE = 19, MARGIN = 20, BAR = 34;

/** The SVG of some lines with ANSI colours; `title` stands in the window's bar and is what a screen reader says. */
export function terminalPicture(text: string, title: string): string {
  const lines = text.replace(/\n+$/, "").split("\n");
  // deno-lint-ignore no-control-regex
  const columns = Math.max(...lines.map((line) => [...line.replace(/\x1b\[\d+m/g, "")].length));
  const width = Math.ceil(columns * CELL + 2 * MARGIN);
  const height = BAR + lines.length * LINE + MARGIN;
  const rows = lines.map((line, i) => {
    const y = BAR + (i + 1) * LINE - 5;
    return runs(line).map(({ text, column, style }) =>
      // Each run of text has its start and width, so that any monospaced font lines up.
      `<text x="${(MARGIN + column * CELL).toFixed(1)}" y="${y}" textLength="${
        ([...text].length * CELL).toFixed(1)
      }"${style}>${escape(text)}</text>`
    ).join("");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    escape(title)
  }">
<rect width="${width}" height="${height}" rx="10" fill="${BACK}"/>
<circle cx="20" cy="17" r="5.5" fill="#ff5f57"/><circle cx="38" cy="17" r="5.5" fill="#febc2e"/><circle cx="56" cy="17" r="5.5" fill="#28c840"/>
<text x="${
    width / 2
  }" y="21" text-anchor="middle" fill="${DIM}" font-family="system-ui,sans-serif" font-size="12">${
    escape(title)
  }</text>
<g fill="${TEXT}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13" xml:space="preserve">
${rows.filter((row) => row !== "").join("\n")}
</g>
</svg>
`;
}

interface Run {
  readonly text: string;
  readonly column: number;
  readonly style: string;
}

/** A line as runs of one style; blanks between them are left out. */
function runs(line: string): Run[] {
  const found: Run[] = [];
  let column = 0, color = "", bold = false, dim = false;
  // deno-lint-ignore no-control-regex
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    // deno-lint-ignore no-control-regex
    const code = /^\x1b\[(\d+)m$/.exec(part)?.[1];
    if (code !== undefined) {
      if (code === "1") bold = true;
      else if (code === "2") dim = true;
      else if (code === "22") bold = dim = false;
      else color = COLORS[code] ?? "";
      continue;
    }
    for (const word of part.matchAll(/\S+(?: \S+)*/g)) {
      const fill = dim ? ` fill="${DIM}"` : color === "" ? "" : ` fill="${color}"`;
      const at = column + [...part.slice(0, word.index)].length;
      found.push({ text: word[0], column: at, style: fill + (bold ? ' font-weight="600"' : "") });
    }
    column += [...part].length;
  }
  return found;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}

const TITLE = "gunicorn-autoscaler status";

const TASK = {
  command: "deno run -A docs/terminal_picture.ts",
  action: "draw the terminal",
  about:
    "Turns what a command writes to a terminal, from standard input, into an SVG picture of that terminal.",
  options: {},
  words: { placeholder: "TITLE", help: `What stands above it. [${TITLE}]` },
  examples: ['"my command" < its-output.txt > picture.svg'],
  notes: ["Commands colour what they write to a pipe with FORCE_COLOR=1; COLUMNS=96 is the width."],
};

if (import.meta.main) {
  const { words: [title = TITLE] } = taskArguments(TASK);
  console.log(terminalPicture(await new Response(Deno.stdin.readable).text(), title).trimEnd());
}
