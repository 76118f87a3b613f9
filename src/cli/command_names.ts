/** The commands that are programs of their own, with their own options. */
export const TOOLS = [
  "status",
  "explain",
  "pause",
  "scale",
  "resume",
  "set",
  "simulate",
  "report",
  "completions",
] as const;

/** The name of one of them. */
export type Tool = typeof TOOLS[number];

/** The name of any command; those that are no tools start gunicorn, or would. */
export type CommandName = Tool | "check" | "exec" | "run";

/** Whether a word is the name of a tool. */
export function isTool(word: string | undefined): word is Tool {
  return TOOLS.some((name) => name === word);
}
