/** The terminal that a command writes to. */
import { variable } from "../../settings/environment.ts";
import { colored, type Paint, plain } from "../../status/terminal/terminal_style.ts";

/** Used without COLUMNS and without a terminal. */
const USUAL_WIDTH = 100;
/** Less is not readable. */
const LEAST_WIDTH = 40;
/** Longer lines are not readable either. */
const MOST_WIDTH = 140;

/** Whether standard output is a terminal that has colours and moves its cursor: one that is TERM=dumb prints the codes. */
export function isScreen(): boolean {
  return Deno.stdout.isTerminal() && variable("TERM") !== "dumb";
}

/** Colours for terminals, unless refused: https://no-color.org. FORCE_COLOR is for pipes that show them. */
export function painter(): Paint {
  if (variable("NO_COLOR")) return plain;
  return variable("FORCE_COLOR") || isScreen() ? colored : plain;
}

/** Characters a line may have: what COLUMNS says, else the terminal's width, at most 140; never fewer than 40. */
export function terminalWidth(): number {
  const columns = variable("COLUMNS") ?? "";
  if (/^[1-9]\d{0,2}$/.test(columns)) return Math.max(LEAST_WIDTH, Number(columns));
  try {
    return Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, Deno.consoleSize().columns));
  } catch {
    return USUAL_WIDTH;
  }
}
