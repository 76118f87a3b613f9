/** A log whose lines are kept instead of written. */
import type { Logger } from "@logtape/logtape";

/** A logger, and the lines that it got: `const { log, lines } = collectedLog()`. */
export function collectedLog(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const add = (text: string, values: Record<string, unknown> = {}) =>
    void lines.push(text.replace(/\{(\w+)\}/g, (_, name) => String(values[name])));
  return { log: { info: add, warn: add, error: add } as unknown as Logger, lines };
}
