import { assert, assertEquals } from "@std/assert";
import { read } from "../architecture/modules.ts";
import { stale } from "../../docs/generate.ts";
import { VERSION } from "../../src/version.ts";
import { variableOf } from "../../src/settings/option.ts";
import { OPTIONS } from "../../src/settings/settings_table.ts";
import { brokenLink, links, markdownFiles } from "./markdown.ts";

Deno.test('the generated pages are fresh (if not: "deno task docs")', async () => {
  assertEquals(await stale(), []);
});

Deno.test("links and pictures inside the repository lead somewhere", () => {
  const broken = markdownFiles().flatMap((file) =>
    links(read(file)).map((target) => brokenLink(file, target)).filter((problem) => problem !== undefined)
  );
  assertEquals(broken, []);
});

Deno.test("a link that leads nowhere is found, in text but not in code", () => {
  assertEquals(links("a [b](c.md) ![d](e/f.svg) `[g](h)` [i](https://j/k_(l))"), [
    "c.md",
    "e/f.svg",
    "https://j/k_(l)",
  ]);
  assert(brokenLink("docs/tuning.md", "nowhere.md") !== undefined);
  assert(brokenLink("README.md", "docs/tuning.md#no-such-heading") !== undefined);
  assertEquals(brokenLink("docs/tuning.md", "../README.md#settings"), undefined);
});

Deno.test("the migration guide maps every variable that the Rust program had", () => {
  const guide = read("docs/migration.md");
  const theirs =
    `STATSD_ADDR STATSD_PREFIX MIN_WORKERS MAX_WORKERS WINDOW_SECONDS TICK_MS IDLE_SECONDS UP_COOLDOWN_MS
    DOWN_COOLDOWN_MS MAX_STEP_UP TARGET_CONC_PER_WORKER SLO_P95_MS NO_DOWNSCALE_MS_AFTER_UP BURST_ENABLED
    BURST_WINDOW_SECONDS BURST_RPS_JUMP BURST_ADD_WORKERS BURST_COOLDOWN_MS BURST_MIN_RPS MAP_UVICORN_DEPRECATED
    AUTO_SET_GRACEFUL_TIMEOUT`.split(/\s+/);
  for (const name of theirs) {
    assert(guide.includes(`\`${name}\``), `${name} is not in the guide`);
    assert(
      OPTIONS.some((option) => variableOf(option) === `GUNICORN_AUTOSCALER_${name}`),
      `${name} is no setting`,
    );
  }
});

Deno.test("settings named in the documents exist", () => {
  const names = new Set(OPTIONS.flatMap((option) => [variableOf(option)]));
  names.add("GUNICORN_AUTOSCALER_ENV_FILE");
  for (const file of markdownFiles()) {
    for (const [name] of read(file).matchAll(/GUNICORN_AUTOSCALER_[A-Z0-9_]*[A-Z0-9]/g)) {
      assert(names.has(name), `${file} names ${name}, which is no setting`);
    }
  }
});

Deno.test("the version that documents and Dockerfiles name is the one of deno.json", () => {
  for (const file of ["README.md", "Dockerfile", "examples/docker/Dockerfile"]) {
    const named = [
      ...read(file).matchAll(/gunicorn[-_]autoscaler[:-](\d+\.\d+\.\d+)|Version (\d+\.\d+\.\d+)/g),
    ]
      .map((match) => match[1] ?? match[2]);
    assert(named.length > 0, file);
    assertEquals([...new Set(named)], [VERSION], file);
  }
});
