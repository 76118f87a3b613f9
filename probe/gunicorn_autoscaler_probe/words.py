"""Names of the 64-bit words in the files shared with the supervisor. Their meanings are below."""

SIZE = 4096

ARBITER_MAGIC = int.from_bytes(b'GAARB001', 'little')
SLOT_MAGIC = int.from_bytes(b'GASLOT01', 'little')
SLOT_VERSION = 1

# The arbiter file: 0-15 are the supervisor's, the rest the master's.
A_MAGIC, A_SUPERVISOR_PID, A_WANTED, A_WANTED_SEQ, A_FORK_SERVER, A_LINGER_MS, A_SLEEP, A_SLEEP_DEPTH = range(8)
A_FIRST, A_FEWEST, A_MOST, A_GRACE, A_MAXIMUM, A_BACKGROUND, A_FITTING, A_ROOM = range(8, 16)
(A_MASTER_PID, A_CONFIRMED, A_CONFIRMED_SEQ, A_CHANGES, A_ALIVE, A_DRAINING, A_SPAWNED, A_BOOT_FAILURES,
 A_LAST_BOOT_FAILURE_NS, A_RELOADS, A_KIND, A_SLOTS, A_GRACEFUL_TIMEOUT_MS, A_TIMEOUT_MS, A_PRELOAD, A_CONFIGURED,
 A_GUNICORN_VERSION, A_READY_NS, A_FORK_SERVER_STATE, A_FORK_SERVER_PID, A_FORK_SERVER_IMPORT_MS, A_FORKED, A_FORK_NS,
 A_FORK_SERVER_FAILURES, A_CLAIMED_PID, A_CLAIMED_START, A_WAKES, A_WOKEN_NS, A_NO_SLEEP, A_DAEMON,
 A_SUCCESSOR) = range(16, 47)
A_FORK_SERVER_WHY, A_FORK_SERVER_WHY_BYTES = 256, 1024

# The slot of a worker.
(MAGIC, VERSION, PID, PPID, KIND, SLOTS, STATE, REALTIME_NS, MONOTONIC_NS, BOOT_NS, READY_NS, AGE, METERED,
 EMPTIES_ITSELF, PARALLEL) = range(15)
(SEQ, LAST_CHANGE_NS, IN_FLIGHT, BUSY_NS, IN_FLIGHT_NS, STARTED, FINISHED, FAILED, SERVICE_NS, WAIT_NS) = range(16, 26)
INNER_QUEUE, WEBSOCKETS, STREAMS, LOOP_DUE_NS, LOOP_LAG_NS, LOOP_TICKS, LOOP_LAG_MAX_NS = range(27, 34)
LOOP_LATE_TICKS, BUSY_THREADS, ONE_UNTIL_NS, BOOT_CPU_NS, BOOT_WAIT_NS, ALONE_UNTIL_NS = range(34, 40)
SERVICE_BUCKETS = 64
WAIT_BUCKETS = 128
BUCKETS = 64

BOOTING, READY, DRAINING = 1, 2, 3
SEEN_OUT = 2  # EMPTIES_ITSELF of a worker that has left its main loop, while its threads work

# The arbiter file. Words 0-15 are written by the supervisor, the rest by gunicorn's master.
#
# word   name                  meaning
# 0      magic                 "GAARB001" as bytes
# 1      supervisor_pid        holds a flock on this file while it lives
# 2      wanted                workers wanted; 0: words 8 to 10 decide
# 3      wanted_seq            +1 with each request; SIGTTIN or SIGTTOU makes the master read it
# 4      fork_server           0 off, 1 on, 2 auto; read before each fork
# 5      linger_ms             --linger-seconds; read at the start
# 6      sleep                 the number of this sleep, in which no worker is wanted; 0 awake
# 7      sleep_depth           1 light: the fork server stays; 2 deep
# 8      first                 workers to start with when the configuration names none; 0: gunicorn's count
# 9, 10  fewest, most          bounds for the number it names; 0: none
# 11     grace                 graceful timeout: 0 unchanged; 1: a timeout over 30 s; n: n - 1 s
# 12     maximum               workers that there may be now; 0 not known yet
# 13     background            of a daemon: 0 it stays in front, 1 it ends to be started again, 2 it is there
# 14     fitting               no more workers to begin with, because of memory; 0: no such limit
# 15     room                  processes that memory holds beyond those alive: 0 one, 1 none, 2 more
# 16     master_pid
# 17     confirmed             the master's num_workers
# 18     confirmed_seq         the wanted_seq that confirmed answers
# 19     changes               calls of nworkers_changed
# 20     alive                 workers alive, draining ones included
# 21     draining              workers that drain
# 22     spawned               workers forked since start
# 23     boot_failures         workers that died before they were ready, draining ones excluded
# 24     last_boot_failure_ns  CLOCK_MONOTONIC
# 25     reloads               SIGHUPs carried out
# 26     kind                  worker class as in the slot
# 27     slots                 threads for gthread, 1 for sync, worker_connections otherwise
# 28     graceful_timeout_ms
# 29     timeout_ms
# 30     preload               0 or 1
# 31     configured            workers that gunicorn's configuration names, 0: none
# 32     gunicorn_version      major * 10000 + minor * 100 + patch
# 33     ready_ns              when_ready, CLOCK_MONOTONIC; 0 before
# 34     fork_server_state     0 none, 1 starting, 2 ready, 3 refused, 4 failed
# 35     fork_server_pid       0 without one
# 36     import_ms             duration of its import
# 37     forked                workers forked from fork servers since start
# 38     fork_ns               duration of the last fork
# 39     fork_server_failures  fork servers lost or not started since start
# 40     claimed_pid           the master that holds the file's POSIX lock; no other one acts
# 41     claimed_start         its start time in clock ticks since boot
# 42     wakes                 sleeps that a client, or a signal from outside, has ended
# 43     woken_ns              when the last one ended, CLOCK_MONOTONIC
# 44     no_sleep              1: without workers there is no listener
# 45     daemon                it has ended to be started again as a daemon: 1, or 2 with its standard streams
# 46     successor             the master that SIGUSR2 has started last; 0 for none
# 256    why                   1024 bytes of UTF-8, 0-terminated: why the fork server is refused

# The worker slot. Its one writer is the worker, but of word 6 (also the master), 36 and 39 (the supervisor).
#
# word     name             meaning
# 0        magic            "GASLOT01" as bytes, written last
# 1        version          1
# 2        pid
# 3        ppid             gunicorn's master
# 4        kind             worker class: its number in kinds.py
# 5        slots            requests it serves at once: 1, threads, or worker_connections
# 6        state            1 booting, 2 ready, 3 draining; set by the master
# 7        realtime_ns      CLOCK_REALTIME at boot
# 8        monotonic_ns     CLOCK_MONOTONIC at boot
# 9        boot_ns          forked, CLOCK_MONOTONIC
# 10       ready_ns         post_worker_init ended (uvicorn and asgi: the lifespan start-up); 0 before
# 11       age              gunicorn's worker.age
# 12       metered          1 when a meter is attached (words 16-33 are valid)
# 13       empties_itself   1 when it drains at state 3, before any SIGTERM
# 14       parallel         1 when threads compute at once: no interpreter lock, or requests that let go of it
# 16       seq              odd while words 17-25 are being written, even otherwise
# 17       last_change_ns   time of totals 19-24; up to 5 ms late under load (gthread up to gunicorn 23: what
#                           ended in the last 5 ms before a pause, a second at most)
# 18       in_flight        requests in service, without websockets and (gthread: with) event streams
# 19       busy_ns          time with in_flight > 0, up to last_change_ns
# 20       in_flight_ns     integral of in_flight, up to last_change_ns
# 21       started
# 22       finished
# 23       failed           finished with an exception or a status of 500 and above
# 24       service_ns       sum of service times
# 25       wait_ns          sum of the sampled waits in the wait buckets
# 27       inner_queue      gthread: requests waiting for a thread
# 28       websockets       open now
# 29       streams          open server-sent event streams
# 30       loop_due_ns      when the next lag tick is due; 0 without a loop
# 31       loop_lag_ns      sum of the lags
# 32       loop_ticks       number of lag ticks
# 33       loop_lag_max_ns
# 34       loop_late_ticks  lag ticks that came more than 3 ms late
# 35       busy_threads     gthread: threads that have a connection
# 36       one_until_ns     gthread: until then (CLOCK_MONOTONIC) one request is taken at a time
# 37       boot_cpu_ns      CPU time of its boot, all threads; set before ready_ns
# 38       boot_wait_ns     of its boot, what its main thread stood in the run queue; 0 where that is not known
# 39       alone_until_ns   until then (CLOCK_MONOTONIC) the maximum is one worker: it leaves no connection to others
# 64-127   service buckets  counts; bounds in src/core/histogram.ts
# 128-191  wait buckets     counts of waits in the kernel's queue
#
# A reader adds the open interval: with in_flight > 0, busy time is busy_ns + (now - last_change_ns), the integral
# in_flight_ns + in_flight * (now - last_change_ns). So a worker stuck in C code shows as busy.
