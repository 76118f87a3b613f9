/** The set-ups that are tried, as Markdown, made from the first comment of each test. */
import { list } from "./list.ts";

const folder = new URL("../tests/setups/", import.meta.url);

const INTRODUCTION = `# Set-ups

<!-- Made by "deno task docs" from tests/setups/: change the first comment of a test there. -->

Ways to start gunicorn that \`deno task setups\` runs bare and wrapped, on gunicorn 20.1, 23 and the newest.
Where no difference is named there is none.
`;

/** The whole of docs/setups.md. */
export function setupsPage(): string {
  const names = [...Deno.readDirSync(folder)].filter(({ name }) => /^\d/.test(name)).map(({ name }) => name)
    .sort();
  return `${INTRODUCTION}\n${list(names.map(item))}\n`;
}

/** The first comment of a test: a title, then what "Holds:", what "Differs:" from bare gunicorn, and a "Note:". */
const COMMENT = /^(.*?) Holds: (.*?)(?: Differs: (.*?))?(?: Note: .*)?$/;

function item(name: string): string {
  const test = [...Deno.readDirSync(new URL(name, folder))].find((file) => file.name.endsWith("_test.ts"));
  const source = test === undefined ? "" : Deno.readTextFileSync(new URL(`${name}/${test.name}`, folder));
  const comment = /^\/\*\*\n(.*?) \*\//s.exec(source)?.[1]?.replace(/^ \* /gm, "").trim().replaceAll(
    "\n",
    " ",
  );
  const [, title, holds, differs] = COMMENT.exec(comment ?? "") ?? [];
  if (title === undefined) {
    throw new Error(
      `Cannot list ${name}: its test has no comment "TITLE Holds: ...", begin the file with one`,
    );
  }
  return `**${title}**: ${holds}.${differs === undefined ? "" : ` Difference: ${differs}.`}`;
}
