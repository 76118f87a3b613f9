import { assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";

/** A setting of the core, its flag, and what one of the flag's units is in the core's. */
const FLAGS: Record<Exclude<keyof typeof DEFAULT_POLICY, "burstEnabled" | "maxWorkers">, [string, number]> = {
  minWorkers: ["min-workers", 1],
  sloP95Ms: ["slo-p95-ms", 1],
  windowMs: ["window-seconds", 1_000],
  idleMs: ["idle-seconds", 1_000],
  upCooldownMs: ["up-cooldown-ms", 1],
  downCooldownMs: ["down-cooldown-ms", 1],
  noDownscaleAfterUpMs: ["no-downscale-ms-after-up", 1],
  streamGraceMs: ["stream-grace-seconds", 1_000],
  maxStepUp: ["max-step-up", 1],
  targetConcPerWorker: ["target-conc-per-worker", 1],
  targetUtilization: ["target-utilization", 1],
  burstWindowMs: ["burst-window-seconds", 1_000],
  burstRpsJump: ["burst-rps-jump", 1],
  burstMinRps: ["burst-min-rps", 1],
  burstAddWorkers: ["burst-add-workers", 1],
  burstCooldownMs: ["burst-cooldown-ms", 1],
  memoryShare: ["memory-share", 1],
  sleepAfterMs: ["sleep-after", 1_000],
  deepSleepAfterMs: ["deep-sleep-after", 1_000],
};

/** What docs/settings.md says is used when nothing is given. */
function documented(flag: string): string | undefined {
  const literal = flag.replace(/[[\]]/g, "\\$&");
  const page = Deno.readTextFileSync(new URL("../../docs/settings.md", import.meta.url));
  return new RegExp(`^- \`--${literal}[ \`][^(]*\\(\`([^\`]+)\`[,)]`, "m").exec(page)?.[1];
}

Deno.test("the core's defaults are those that the documentation states", () => {
  for (const [name, [flag, unit]] of Object.entries(FLAGS)) {
    assertEquals(Number(documented(flag)) * unit, DEFAULT_POLICY[name as keyof typeof FLAGS], `--${flag}`);
  }
  assertEquals(documented("[no-]burst-enabled"), String(DEFAULT_POLICY.burstEnabled));
});
