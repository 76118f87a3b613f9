/** What gunicorn's master does by its own configuration until a number is requested. */
export interface PreparedStart {
  /** Workers that gunicorn is told to start with; undefined when its own configuration decides. */
  readonly initialWorkers: number | undefined;
  /** Workers to begin with where the configuration names no number; undefined: gunicorn's own count stands. */
  readonly defaultWorkers: number | undefined;
  /** Bounds for a number that the configuration names; undefined for none. */
  readonly minWorkers: number | undefined;
  readonly maxWorkers: number | undefined;
  /** No more workers to begin with, because of memory; Infinity for no such limit. */
  readonly fittingWorkers: number;
  /** The graceful timeout where the configuration names none. */
  readonly gracefulTimeout: GracefulTimeout;
  /** What a gunicorn that is to be a daemon does. */
  readonly daemonMode: DaemonMode;
}

/** gunicorn's own, or the configured timeout if that is over 30 s, or so many seconds. */
export type GracefulTimeout = "default" | "timeout" | number;

/** It stays in the foreground, or ends to be started again in the background, or is in the background by now. */
export type DaemonMode = "foreground" | "restart" | "background";

/** A gunicorn that is to run in the background. */
export interface Daemon {
  /** Whether it keeps its standard output and error. */
  readonly keepsStreams: boolean;
}
