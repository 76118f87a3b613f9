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

/** The commands that start gunicorn, or say what that would do: their options are the table's. */
export const STARTS = ["check", "exec", "run"] as const;

/** The name of one of them. */
export type Start = typeof STARTS[number];

/** The name of any command. */
export type CommandName = Tool | Start;

/** Whether a word is the name of a tool. */
export function isTool(word: string | undefined): word is Tool {
  return TOOLS.some((name) => name === word);
}

/** Whether a word is the name of a command that starts gunicorn. */
export function isStart(word: string): word is Start {
  return STARTS.some((name) => name === word);
}
