import type { Tool } from "../cli/command_names.ts";

/** The commands that are programs of their own, each loaded when it is asked for: `status` must not wait for the rest. */
export const TOOL_COMMANDS: Readonly<Record<Tool, (args: readonly string[]) => Promise<number>>> = {
  status: async (args) => (await import("./running/status.ts")).status(args),
  explain: async (args) => (await import("./running/explain.ts")).explain(args),
  pause: async (args) => (await import("./running/orders.ts")).pause(args),
  resume: async (args) => (await import("./running/orders.ts")).resume(args),
  scale: async (args) => (await import("./running/orders.ts")).scale(args),
  set: async (args) => (await import("./running/orders.ts")).set(args),
  simulate: async (args) => (await import("./simulate/simulate.ts")).simulate([...args]),
  report: async (args) => (await import("./simulate/report.ts")).report([...args]),
  completions: async (args) => (await import("./completions/completions.ts")).completions(args),
};
