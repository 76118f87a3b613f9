/** What gunicorn's master does by its own configuration until a number is requested. */
export interface PreparedStart {
  /** Workers that gunicorn is told to start with; undefined when its own configuration decides. */
  readonly initialWorkers: number | undefined;
  /** Workers to begin with where the configuration names no number; 0: gunicorn's own count stands, whatever it is. */
  readonly first: number;
  /** Bounds for a number that it names; 0 for none. */
  readonly fewest: number;
  readonly most: number;
  /**
   * Whether a timeout over 30 s is the graceful timeout too where the configuration names none: 0 no, 1 yes, and 1 + the
   * timeout of the command line in s where that has one.
   */
  readonly grace: number;
  /** What becomes of a gunicorn that is to be a daemon. */
  readonly background: Background;
  /** No more workers to begin with, because of memory; 0 for no such limit. */
  readonly fitting: number;
}

/**
 * A gunicorn that is to be a daemon stays in the foreground, or ends to be started again in the background, or is there.
 */
export type Background = "stays" | "ends" | "is there";

/** A gunicorn that is to run in the background. */
export interface Daemon {
  /** Whether it keeps its standard output and error. */
  readonly keepsStreams: boolean;
}
