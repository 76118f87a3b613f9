import type { Logger } from "@logtape/logtape";
import type { LogFormat, LogLevel } from "../log.ts";

/** Values of a message. */
type Properties = Readonly<Record<string, unknown>>;

/** The log before it is loaded, which gunicorn's start does not wait for. What is said until then is logged when it is. */
export class DeferredLog {
  readonly #level: LogLevel;
  readonly #format: LogFormat;
  readonly #held: {
    readonly level: "info" | "warn";
    readonly message: string;
    readonly values: Properties;
  }[] = [];
  #opened: Promise<Logger> | undefined;

  constructor(level: LogLevel, format: LogFormat) {
    this.#level = level;
    this.#format = format;
  }

  info(message: string, values: Properties): void {
    this.#held.push({ level: "info", message, values });
  }

  warn(message: string, values: Properties): void {
    this.#held.push({ level: "warn", message, values });
  }

  /** Loads the log, and logs what was said. */
  async open(): Promise<Logger> {
    this.#opened ??= this.#load();
    const log = await this.#opened;
    for (const { level, message, values } of this.#held.splice(0)) log[level](message, values);
    return log;
  }

  /** Logs what was said before a start that is refused. */
  async flush(): Promise<void> {
    if (this.#held.length > 0) await this.open();
  }

  async #load(): Promise<Logger> {
    const { openLog } = await import("../log.ts");
    return openLog(this.#level, this.#format);
  }
}
