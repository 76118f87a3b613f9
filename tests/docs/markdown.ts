/** The Markdown files of the repository, their links and their shell blocks. */
import { read } from "../architecture/modules.ts";

const repository = new URL("../../", import.meta.url).pathname;
const NOT_OURS = /^(\..*|node_modules|dist|coverage|fixtures)$/;

/** Paths of all Markdown files, from the root of the repository. */
export function markdownFiles(folder = ""): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(repository + folder)) {
    if (NOT_OURS.test(entry.name)) continue;
    if (entry.isDirectory) found.push(...markdownFiles(`${folder}${entry.name}/`));
    else if (entry.name.endsWith(".md")) found.push(folder + entry.name);
  }
  return found.sort();
}

/** Targets of links and pictures, outside of code: `[text](target)` and `![text](target)`. */
export function links(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");
  // A target may hold one pair of brackets, as addresses of Wikipedia do.
  return [...prose.matchAll(/\]\(((?:[^()\s]|\([^()\s]*\))+)\)/g)].map((match) => match[1]!);
}

/** What is wrong with a link from a file; undefined when nothing is, or when it leads out of the repository. */
export function brokenLink(from: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#", 2);
  const folder = from.includes("/") ? from.slice(0, from.lastIndexOf("/") + 1) : "";
  const to = path === "" ? from : new URL(path, `file:///${folder}`).pathname.slice(1);
  try {
    Deno.statSync(repository + to);
  } catch {
    return `${from}: ${target} does not exist`;
  }
  if (anchor === undefined || !to.endsWith(".md")) return undefined;
  return headings(read(to)).includes(anchor) ? undefined : `${from}: ${target} has no such heading`;
}

/** Anchors of the headings, as GitHub makes them. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

/** One command of a block marked `sh`. */
export interface Command {
  readonly file: string;
  /** As it stands there, continued lines joined, without a comment. */
  readonly text: string;
}

/** The commands of all blocks marked `sh`. */
export function commands(file: string): Command[] {
  return lines(file, "sh");
}

/** The lines of blocks marked `text`: commands that are not meant to be run as they stand, and what programs say. */
export function shownLines(file: string): Command[] {
  return lines(file, "text");
}

function lines(file: string, blocks: string): Command[] {
  return [...read(file).matchAll(new RegExp(`^\`\`\`${blocks}\\n(.*?)^\`\`\``, "gms"))]
    .flatMap((match) => match[1]!.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.replace(/(^|\s)#\s.*$/, "").trim())
    .filter((line) => line !== "")
    .map((text) => ({ file, text }));
}

const OWN = /^(?:(?:dist\/)?gunicorn-autoscaler|deno run -A main\.ts)(?: |$)/;

/** Arguments of a command that runs this program, in any of its forms; undefined for any other command. */
export function ownArguments(text: string): string[] | undefined {
  const match = OWN.exec(text);
  if (match === null) return undefined;
  return [...text.slice(match[0].length).matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map(([, double, single, bare]) => double ?? single ?? bare!);
}
