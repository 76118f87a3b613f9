/** Numbers of the 64-bit words in the arbiter file; words.py of the probe has the meaning of each. */

// The supervisor's.
export const SUPERVISOR_PID = 1, WANTED = 2, WANTED_SEQ = 3, FORK_SERVER = 4, LINGER_MS = 5;
export const SLEEP = 6, SLEEP_DEPTH = 7;
export const FIRST = 8,
  FEWEST = 9,
  MOST = 10,
  GRACE = 11,
  MAXIMUM = 12,
  BACKGROUND = 13,
  FITTING = 14,
  ROOM = 15;

// The master's.
export const MASTER_PID = 16, CONFIRMED = 17, CONFIRMED_SEQ = 18, CHANGES = 19, ALIVE = 20, DRAINING = 21;
export const SPAWNED = 22, BOOT_FAILURES = 23, LAST_BOOT_FAILURE_NS = 24, RELOADS = 25, KIND = 26, SLOTS = 27;
export const GRACEFUL_TIMEOUT_MS = 28, TIMEOUT_MS = 29, PRELOAD = 30, CONFIGURED = 31, GUNICORN_VERSION = 32;
export const READY_NS = 33, FORK_SERVER_STATE = 34, FORK_SERVER_PID = 35, FORK_SERVER_IMPORT_MS = 36;
export const FORKED = 37, FORK_NS = 38, FORK_SERVER_FAILURES = 39, CLAIMED_PID = 40, CLAIMED_START = 41;
export const WAKES = 42, WOKEN_NS = 43, NO_SLEEP = 44, DAEMON = 45, SUCCESSOR = 46;

/** After the last of them. */
export const END = 47;

/** Why the fork server is refused: text up to a 0. */
export const WHY_AT = 256 * 8, WHY_BYTES = 1024;
