import { assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { resolveSettings } from "../../src/settings/settings_sources.ts";
import { policyOf, recordedSettings } from "../../src/settings/policy.ts";

/** Every value is another than the default, so that one that is left out shows. */
const OTHER = Object.fromEntries(
  Object.entries(DEFAULT_POLICY).map(([name, value]) => [
    name,
    typeof value === "boolean" ? !value : value > 0 && value < 1 ? value / 2 : value + 1000,
  ]),
) as unknown as typeof DEFAULT_POLICY;

function resolve(flags: ReadonlyMap<string, string> = new Map()) {
  const recorded = recordedSettings(OTHER);
  return resolveSettings({ flags, environment: {}, envFile: "", cores: 2, recorded });
}

Deno.test("a recording's settings are read back, every one of them", () => {
  const { settings, errors, sources } = resolve();
  assertEquals(errors, []);
  assertEquals(policyOf(settings), OTHER);
  assertEquals(sources.maxWorkers, "recording");
});

Deno.test("an option counts more than what was recorded", () => {
  const { settings, sources } = resolve(new Map([["max-workers", "2000"]]));
  assertEquals([settings.maxWorkers, sources.maxWorkers], [2000, "flag"]);
});
