/** The public set-ups that are tried, as Markdown, made from the first lines of their READMEs. */
import { table } from "./table.ts";

const folder = new URL("../tests/setups/", import.meta.url);

const INTRODUCTION = `# Set-ups

<!-- Made by "deno task docs" from tests/setups/: change the README of a set-up there. -->

Ways in which people start gunicorn, each a small program of our own in \`tests/setups/\`. \`deno task setups\`
runs every one bare and wrapped, on gunicorn 20.1, 23 and the newest, and compares what a person would see.
Where a difference is named it is meant; otherwise there is none.
`;

/** The whole of docs/setups.md. */
export function setupsPage(): string {
  const names = [...Deno.readDirSync(folder)].filter(({ name }) => /^\d/.test(name)).map(({ name }) => name)
    .sort();
  return `${INTRODUCTION}\n${table(["Set-up", "What holds", "Difference"], names.map(row))}\n`;
}

function row(name: string): string[] {
  const text = Deno.readTextFileSync(new URL(`${name}/README.md`, folder));
  const title = /^# (.+)$/m.exec(text)?.[1];
  const holds = /^Holds: (.+)$/m.exec(text)?.[1];
  if (title === undefined || holds === undefined) {
    throw new Error(`Cannot list ${name}: its README.md needs a line "# ..." and a line "Holds: ..."`);
  }
  const number = name.split("-", 1)[0];
  return [`${number}: ${title}`, holds, /^Differs: (.+)$/m.exec(text)?.[1] ?? ""];
}
