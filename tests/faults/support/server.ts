import type { Process } from "../../support/process.ts";

/** A running server. */
export interface Served extends AsyncDisposable {
  readonly process: Process;
  readonly port: number;
  /** gunicorn's master. */
  readonly master: number;
  /** The master's children. */
  workers(): number[];
}

export interface ServedOptions {
  /** Workers to begin with, and the least. */
  readonly workers: number;
  readonly maxWorkers?: number;
  readonly app?: string;
  readonly gunicorn?: readonly string[];
  readonly env?: Record<string, string>;
}
