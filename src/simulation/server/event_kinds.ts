/** Kinds of timed events. */
export const WAITED = 1,
  RETRY = 2,
  BOOTED = 3,
  KILL = 4,
  LATEST_START = 5,
  ORDER = 6,
  FORK = 7,
  LINGERED = 8,
  HEAD_ARRIVED = 9;
