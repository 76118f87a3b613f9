/**
 * All constants of the law, in the order of docs/how-it-decides.md: what each is for, and where its value comes from.
 * "Simulated" and "real" figures are in docs/decisions/control-law.md under the heading named. What an operator may
 * change is in policy_settings.ts.
 */

/** The window of rates, means and states that are to be those of now. Source: ten ticks. */
export const SECOND_MS = 1_000;
/** Subtracted before rounding up, so that 3.0000000000000004 workers are 3. Source: the precision of floats. */
export const ROUNDING = 1e-9;

// Load: workers for a steady load

/** A mean service time needs this many finished requests: fewer show chance. Source: simulated, Dependencies. */
export const MEAN_SERVICE_REQUESTS = 8;
/**
 * Before a request has finished its service time is taken as the objective over this. Source: the default 300
 * ms over it.
 */
export const UNKNOWN_SERVICE_PART = 3;
/** Standard deviations below the mean: noise wants no workers. Source: simulated, Bursts. */
export const LOWER_SIGMAS = 1;
/** Standard deviations above the count that a short window leaves possible. Source: simulated, Load. */
export const UPPER_SIGMAS = 2.5;
/** Parts of the stable window whose arrivals show a climb: fewer do not tell it from a jump. Source: judgement. */
export const CLIMB_PARTS = 3;
/** Each step from part to part has this share of a climb, half of what an even one has. Source: judgement. */
export const LEAST_CLIMB_SHARE = 0.25;
/** Windows in which a fall of the load shows. Source: simulated, Load. */
export const FALL_WINDOWS_MS = [300, 500, SECOND_MS];
/**
 * Service times this much apart (variance over squared mean) are not planned for: the queue shows them.
 * Source: judgement.
 */
export const MOST_VARIATION = 2;
/** Exponential requests added to those measured: a few of the same length prove nothing. Source: simulated, Load. */
export const PRIOR_REQUESTS = 20;
/** The sums of service times by bucket are the costliest part of a tick, so they are renewed only this often. */
export const DURATIONS_EVERY_MS = 300;
/** Steps in which the unevenness of arrivals is counted, in ticks. Source: ten steps in a burst window. */
export const DISPERSION_TICKS = 3;
/** Share of the requests that may wait longer than the objective leaves. Source: under the 5 % of a 95th percentile. */
export const LATE_SHARE = 0.03;
/** Share that may wait longer with fewer workers: a load between two numbers must not flap. Source: simulated, Down. */
export const DOWN_LATE_SHARE = 0.02;

// Concurrency, event loops and CPU: async workers

/** An async worker should hold no more than this share of its worker_connections: at all of them it accepts none. */
export const MOST_CONNECTIONS_SHARE = 0.8;
/** A worker has one event loop, hence one core; busier than this, requests wait for it. Source: Erlang's formula. */
export const ASYNC_CORE_UTILIZATION = 0.7;
/** Blocked loops: kept connections bind requests to a loop, whether another is free or not. Simulated, Event loops. */
export const BLOCKED_LOOP_UTILIZATION = 0.5;
/** This share of the requests that begin has kept a loop busy: in an overload half of them still wait. Source: judgement. */
export const BEGUN_SHARE = 0.5;
/** Requests wait too long for loops when they wait for this share of what they may: one in seven waits for all of it. */
export const LATE_LOOPS_SHARE = 0.5;
/** ... and for this long at least, where they may wait for so long. Source: judgement. */
export const LATE_LOOPS_LEAST_MS = 30;
/** Threads share one core through the interpreter lock: at this use a gthread worker is full. Source: real, Dependencies. */
export const GTHREAD_CORE_UTILIZATION = 0.85;
/** gthread workers take one request at a time when requests compute for this share of their time ... Simulated. */
export const ALONE_SHARE = 0.7;
/**
 * ... until it is less than this: CPU is read after what uses it has begun. The CPU bound of sync workers ends there too,
 * as few requests show the share inexactly. Source: simulated, Dependencies and Bounds.
 */
export const NOT_COMPUTING_SHARE = 0.35;
/** ... and when their times vary less than this: exponential ones do by 1. Source: simulated, Dependencies. */
export const MOST_ALONE_VARIATION = 0.75;
/** A gthread worker that computes for more of its time than this computes all the time. Source: precision of CPU times. */
export const SATURATED_SHARE = 0.99;
/** Time between two ticks of a loop, on average. Source: the probe's timer. */
export const LOOP_TICK_MS = 100;

// Bursts

/** Windows in which a burst is looked for, in ticks, beside a second and the setting's own. Source: simulated, Bursts. */
export const BURST_WINDOW_TICKS = [1, 2, 3, 5, 7];
/** Evidence that makes a burst, in nats: e^7.5 is 1,800 times likelier than chance. Source: simulated, Bursts. */
export const LEAST_EVIDENCE_NATS = 7.5;
/** Fewer are never expected in a window: after silence a few that come together are no burst. Source: judgement. */
export const LEAST_EXPECTED_REQUESTS = 0.1;
/** Windows shorter than this share of a request do not show how many are served at once. Source: judgement. */
export const LEAST_WINDOW_SHARE = 0.5;
/** A burst is over when the last second has less than this share of its rate. Source: simulated, Bursts. */
export const BURST_OVER_SHARE = 0.5;
/** Slot time per request counts in a burst from this many requests. Source: judgement. */
export const LEAST_BURST_REQUESTS = 2;
/** Loops busy for this many times the CPU that they use are blocked. Source: simulated, Event loops. */
export const BLOCKED_LOOP_FACTOR = 2;
/** Loops that compute or wait for a core for this share of their busy time want cores, not loops. Judgement. */
export const COMPUTING_LOOP_SHARE = 0.6;

// Queue

/** Ticks until a worker wanted now can be seen to help, beside its boot: one to decide, one to show. */
export const LEAD_TICKS = 2;
/** The shortest time over which a rate of arrivals is measured, in ticks. Source: simulated, Queue. */
export const LEAST_RATE_TICKS = 3;
/** Booting workers may take this many usual boots before others are wanted in their place. Source: judgement. */
export const LATE_BOOT_FACTOR = 2;
/** Booting workers may take so long while no boot time is known. Source: judgement. */
export const LATE_BOOT_UNKNOWN_MS = 1_000;
/** Async workers accept at once: a mean queue of this many over a second is a blocked loop. Source: judgement. */
export const BLOCKED_LOOP_QUEUED_REQUESTS = 2;
/** Growth settles for at least this share of a second before a loop counts as blocked. Source: judgement. */
export const BLOCKED_LOOP_LEAST_MS = 500;

// The objective

/** Shorter waits in the kernel are none: its clock has steps of up to 4 ms. Source: twice that. */
export const LEAST_KERNEL_WAIT_MS = 8;
/** Requests wait when this many are queued on average. Source: judgement. */
export const WAITING_QUEUED_REQUESTS = 0.5;
/** Or when this share of the slots is in use. Source: judgement. */
export const WAITING_UTILIZATION = 0.9;
/** Requests wait for loops that are late by the objective over this. Source: judgement. */
export const LATE_LOOP_PART = 10;

// Bounds: memory

/** Assumed for a worker until one has served: models and caches load with the first request. Source: judgement. */
export const UNUSED_WORKER_BYTES = 400 * 2 ** 20;
/** A worker that exits copies pages that it shared, bytes. Source: real, measured as PSS. */
export const EXIT_BYTES = 6 * 2 ** 20;
/** No worker is added while processes wait for memory for this share of time (PSI). Source: judgement. */
export const STALLED_SHARE = 0.1;
/** Memory is read four times a second: a worker ready for less may not be in it. Source: real, Bounds. */
export const YOUNG_WORKER_MS = 1_000;
/** The minimum fits when it has for this long: a dead worker is counted longer than its memory. Source: judgement. */
export const MINIMUM_FITS_MS = 500;
/** Our control group is full from this share of its limit on ... Source: judgement. */
export const FULL_SHARE = 0.95;
/** ... for this long: a peak of one request is no reason. Source: judgement. */
export const FULL_FOR_MS = 1_000;
/** The pause between two workers removed for memory: what one frees shows late. Source: judgement. */
export const MEMORY_SHRINK_PAUSE_MS = 5_000;
/** An OOM kill lowers the ceiling for this long. Source: judgement. */
export const KILL_CEILING_MS = 600_000;
/** Kills within this time of each other lower the ceiling below the minimum. Source: judgement. */
export const KILLS_TOGETHER_MS = 60_000;

// Bounds: CPU

/** The window of the CPU bound: steady, but not longer than a burst is remembered. Source: simulated, Bounds. */
export const CPU_WINDOW_MS = 3_000;
/** CPU is a mean of the last second, read each quarter of one: the middle of it is so old. Source: half of both. */
export const CPU_AGE_MS = 600;
/** After this long the CPU is known. Source: simulated, Dependencies. */
export const CPU_DELAY_MS = 2_000;
/** The CPU is used up from this share on. Source: judgement. */
export const CPU_USED_UP_SHARE = 0.9;
/** A window shows what requests do with their time from this much slot time on. Source: judgement. */
export const LEAST_OCCUPIED_MS = 300;
/** CPU-bound requests compute for this share of their time, and CPU-bound async workers use this share of the CPU. */
export const CPU_BOUND_SHARE = 0.5;
/** Workers beyond the cores that they can use even out uneven requests. Source: simulated, Bounds. */
export const CPU_SLACK_FACTOR = 1.25;
/** The CPU never allows fewer: one worker alone stops for each of its requests. Source: judgement. */
export const LEAST_CPU_WORKERS = 2;

// Bounds: failed boots

/** The pause after a failed boot; each further failure doubles it. Source: usual back-off. */
export const FIRST_BOOT_PAUSE_MS = 1_000;
/** The longest such pause. Source: usual back-off. */
export const LONGEST_BOOT_PAUSE_MS = 60_000;

// Up

/** Boots that keep all cores busy for no longer than this may be as many as are wanted. Source: simulated, Boots. */
export const SHORT_BOOTS_MS = 200;
/** However busy the cores are, boots get so many of them. Source: judgement. */
export const LEAST_BOOT_CORES = 0.5;
/** Growth does not help when requests take this many times as long as before it. Source: simulated, Dependencies. */
export const SLOWER_FACTOR = 1.7;
/** Requests in the moving mean of service times that growth is judged by. Source: simulated, Dependencies. */
export const MOVING_MEAN_REQUESTS = 8;
/** Requests that must have ended at least before that mean is compared. Source: judgement. */
export const LEAST_JUDGED_REQUESTS = 2;
/** After a stop they are as before when requests take no more than this many times as long. Source: judgement. */
export const AS_BEFORE_FACTOR = 1.45;
/** Requests that show it, and 1.5 for each slot: half of them had begun before the stop. Source: judgement. */
export const AS_BEFORE_REQUESTS = 16;
/** Growth that did not help is tried again after this. Source: simulated, Dependencies. */
export const GROWTH_RETRY_MS = 60_000;
/** Requests hang when they keep slots for this many times their mean. Source: simulated, Dependencies. */
export const HANGING_FACTOR = 5;
/** ... and for this share of the objective at least. Source: simulated, Dependencies. */
export const HANGING_OBJECTIVE_SHARE = 0.5;
/** All slots are in use when they were for this share of a window. Source: ticks do not fall when requests begin. */
export const ALL_TAKEN_SHARE = 0.95;
/** Requests that must have finished before any can hang. Source: as MEAN_SERVICE_REQUESTS. */
export const HANGING_LEAST_REQUESTS = 8;
/** While requests hang a step leads to this many times the workers at most. Source: simulated, Dependencies. */
export const HANGING_STEP_FACTOR = 2;
/** Requests that end after such a step, for each slot, before it shows: half of them had begun before. Simulated. */
export const HANGING_STEP_REQUESTS = 1.5;
/** Such a step did not help when requests take this many times as long. Source: simulated, Dependencies. */
export const SLOWER_STEP_FACTOR = 1.5;
/** Such a step may take this long to show what it brings. Source: simulated, Dependencies. */
export const HANGING_STEP_MS = 10_000;

// Down

/**
 * Fewer async workers must be enough for this many times the load: one between two numbers must not flap.
 * Simulated, Down.
 */
export const DOWN_LOAD_FACTOR = 1.15;
/** A worker is kept for this many of its boots: what takes long to boot is kept longer. Source: simulated, Down. */
export const HOLD_BOOTS = 10;
/** After a fall that chance does not explain the setting is this share of itself. Source: simulated, Down. */
export const FALL_HOLD_SHARE = 0.1;
/** Evidence of such a fall, and of a lower load, in nats: e^5 is 150 times likelier than chance. Source: simulated, Down. */
export const FALL_EVIDENCE_NATS = 5;
/**
 * The boot time that the hold is computed from before one is known, as without the probe: 30 s of hold. gunicorn stops the
 * oldest worker, the only one that serves while those of a burst boot. Source: gunicorn's timeout, which ends longer boots.
 */
export const HOLD_UNKNOWN_BOOT_MS = 3_000;
/** The learned hold is at most this many times the setting. Source: simulated, Down and Tried and dropped. */
export const MOST_HOLD_FACTOR = 40;
/** ... and the boots in it this many, where a boot takes longer than the objective. Source: simulated, Down. */
export const MOST_BOOTS_FACTOR = 4;
/** Load that returns within this time of a shrink doubles the hold ... Source: simulated, Down. */
export const RETURN_MS = 30_000;
/** ... or within this many holds, if that is longer. Source: simulated, Down. */
export const RETURN_HOLDS = 2;
/** Calm for this many holds halves the learned hold ... Source: judgement. */
export const CALM_HOLDS = 10;
/** ... and for this time at least. Source: judgement. */
export const CALM_MS = 60_000;
/** A load is flat until a change of it is e^10 times likelier than chance. Source: simulated, Down. */
export const FLAT_END_NATS = 10;
/** Shrinks tell something of a flat load after this time of it ... Source: simulated, Down. */
export const FLAT_LEAST_MS = 5_000;
/** ... or so many requests one after the other. Source: simulated, Down. */
export const FLAT_LEAST_SERVICES = 2;
/** Service times are compared in windows of this at least: a second has too few. Source: simulated, Down. */
export const FLAT_LEAST_TIMES_MS = 2_000;
/** ... and as if they varied so much at least. Source: judgement. */
export const FLAT_LEAST_VARIATION = 0.1;
/** Requests of one event loop wait for each other: so many of them count. Source: simulated, Down. */
export const FLAT_LOOP_SHARE = 0.25;
/** The hold after the first shrink that a flat load took back. Source: simulated, Down. */
export const FLAT_HOLD_MS = 30_000;
/** Each further one lengthens it so many times ... Source: simulated, Down. */
export const FLAT_HOLD_FACTOR = 3;
/** ... up to this. Source: judgement. */
export const MOST_FLAT_HOLD_MS = 300_000;
/** A step of fewer workers than this share is not worth a change in a flat load. Source: simulated, Down. */
export const FLAT_STEP_SHARE = 1 / 16;
/** The number to begin with is kept this long when no load comes. Source: a balancer's health checks. */
export const START_HOLD_MS = 60_000;
/** So many requests beyond one a second are load: checks of a few balancers come slower, some at once. Judgement. */
export const START_LOAD_REQUESTS = 6;
