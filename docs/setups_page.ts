/** The set-ups that are tried, as Markdown, made from the first lines of their READMEs. */
import { list } from "./list.ts";

const folder = new URL("../tests/setups/", import.meta.url);

const INTRODUCTION = `# Set-ups

<!-- Made by "deno task docs" from tests/setups/: change the README of a set-up there. -->

Ways to start gunicorn that \`deno task setups\` runs bare and wrapped, on gunicorn 20.1, 23 and the newest.
Where no difference is named there is none.
`;

/** The whole of docs/setups.md. */
export function setupsPage(): string {
  const names = [...Deno.readDirSync(folder)].filter(({ name }) => /^\d/.test(name)).map(({ name }) => name)
    .sort();
  return `${INTRODUCTION}\n${list(names.map(item))}\n`;
}

function item(name: string): string {
  const text = Deno.readTextFileSync(new URL(`${name}/README.md`, folder));
  const title = /^# (.+)$/m.exec(text)?.[1];
  const holds = /^Holds: (.+)$/m.exec(text)?.[1];
  if (title === undefined || holds === undefined) {
    throw new Error(`Cannot list ${name}: its README.md needs a line "# ..." and a line "Holds: ..."`);
  }
  const differs = /^Differs: (.+)$/m.exec(text)?.[1] ?? "none";
  return `**${title}**: ${holds}.${differs === "none" ? "" : ` Difference: ${differs}.`}`;
}
