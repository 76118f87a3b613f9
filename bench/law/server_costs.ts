/** What servers of a worker class and a small application cost, as `deno task bench:costs` measures them. */

export const SYNC = { bootMs: 4, bootCpuMs: 4, requestCpuMs: 0.7 } as const;
export const GTHREAD = {
  model: { kind: "gthread", slots: 4 },
  bootMs: 4,
  bootCpuMs: 4,
  requestCpuMs: 1,
} as const;
export const DJANGO = { bootMs: 760, bootCpuMs: 724, requestCpuMs: 2.2 } as const;
export const UVICORN = {
  model: { kind: "uvicorn", slots: 1000 },
  bootMs: 283,
  bootCpuMs: 263,
  requestCpuMs: 0.8,
} as const;
