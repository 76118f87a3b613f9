import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { Barrier } from "../../bench/barrier.ts";
import { overLoads, overSameLoads } from "../../bench/report/overview.ts";
import { drawOverview } from "../../bench/report/overview_picture.ts";
import type { Results, RunResult } from "../../bench/report/results.ts";
import { onDjango } from "../../bench/scenario.ts";
import { scenariosNamed } from "../../bench/scenarios.ts";
import { batches, rivalsNamed } from "../../bench/servers/rivals.ts";
import { measuredTable } from "../../docs/measured_table.ts";
import { djangoTable, loadsTable, overviewPicture } from "../../docs/overview.ts";

const run = (shareWithinSlo: number, memoryMbSeconds: number, workerSeconds: number) =>
  ({ shareWithinSlo, memoryMbSeconds, workerSeconds }) as RunResult;
const results: Results = {
  machine: { cores: 2 },
  scenarios: {
    burst: { ours: run(1, 300, 200), "fixed-max": run(1, 1000, 500), rust: run(0.5, 900, 400) },
    ramp: { ours: run(0.9, 500, 300), "fixed-max": run(1, 1000, 500), rust: { absent: "not built" } },
  },
};
const servers = rivalsNamed(["ours", "fixed-max"]);

Deno.test("a server is its mean share over the loads that all met, and its memory beside the maximum's", () => {
  const { loads, servers: [ours, max] } = overLoads(results, servers);
  assertEquals(loads, ["burst", "ramp"]);
  assertAlmostEquals(ours!.shareWithinSlo, 0.95);
  assertAlmostEquals(ours!.memoryRatio, Math.sqrt(0.3 * 0.5));
  assertEquals([max!.shareWithinSlo, max!.memoryRatio], [1, 1]);
});

Deno.test("a load that one of the servers did not meet counts for none of them", () => {
  const group = overLoads(results, rivalsNamed(["ours", "rust"]));
  assertEquals(group.loads, ["burst"]); // on ramp it was not built
  assertEquals(group.servers.map(({ shareWithinSlo }) => shareWithinSlo), [1, 0.5]);
  const { burst } = results.scenarios;
  const unlike = {
    machine: {},
    scenarios: { burst: { ...burst, ours: { shareWithinSlo: 1 } as RunResult } },
  };
  assertEquals(overLoads(unlike, servers).loads, []); // its memory was not measured
  const alone = { machine: {}, scenarios: { burst: { ours: burst!.ours! } } };
  assertEquals(overLoads(alone, rivalsNamed(["ours"])).loads, []); // there is no maximum to compare with
});

Deno.test("another application's rings stand for the same loads alone", () => {
  const { burst, ramp } = results.scenarios;
  const other = { machine: {}, scenarios: { burst: burst!, cpu: ramp! } };
  const group = overSameLoads(other, overLoads(results, servers), servers);
  assertEquals([group.loads, group.workerMb], [["burst"], 2]);
});

Deno.test("the picture of all loads names each server with its figures, and has no broken number", () => {
  const large = overLoads(results, servers);
  const svg = drawOverview(large, overSameLoads(results, large, servers));
  assertStringIncludes(svg, "gunicorn-autoscaler</text>");
  assertEquals(svg.match(/95\.0 % in time, 39 % memory<\/text>/g)?.length, 2); // a dot and a ring
  assertEquals(svg.match(/100\.0 % in time, 100 % memory<\/text>/g)?.length, 1);
  assertStringIncludes(svg, "2 loads on two cores");
  assertStringIncludes(svg, "2 MB a worker</text>");
  assertNotMatch(svg, /NaN|undefined|Infinity/);
  assertStringIncludes(svg, "prefers-color-scheme: dark");
  const { burst } = results.scenarios;
  const fewer = overSameLoads({ machine: {}, scenarios: { burst: burst! } }, large, servers);
  assertStringIncludes(drawOverview(large, fewer), "2 MB a worker, 1 of the loads</text>");
  const none = overSameLoads({ machine: {}, scenarios: {} }, large, servers);
  assertNotMatch(drawOverview(large, none), /class="ring|NaN/);
});

Deno.test("names of servers that lie close together do not cover each other, nor a dot", () => {
  const close: Results = {
    machine: {},
    scenarios: {
      burst: {
        "ours-fork": run(0.998, 1400, 1),
        preload: run(1, 1320, 1),
        ours: run(0.993, 3100, 1),
        "fixed-max": run(1, 6600, 1),
      },
    },
  };
  const far: Results = {
    machine: {},
    scenarios: { burst: { ours: run(0.997, 123, 1), "fixed-max": run(1, 100, 1) } },
  };
  const rivals = rivalsNamed(Object.keys(close.scenarios.burst!));
  const large = overLoads(close, rivals);
  const svg = drawOverview(large, overSameLoads(far, large, rivalsNamed(["ours", "fixed-max"])));
  const names = [...svg.matchAll(/class="ink name (\w*)" x="(-?\d+)" y="(-?\d+)">([^<]+)</g)].map(
    ([, anchor, x, y, name]) => {
      const px = 7 * name!.length;
      const left = Number(x) - (anchor === "end" ? px : anchor === "mid" ? px / 2 : 0);
      return { left, right: left + px, top: Number(y) - 12, bottom: Number(y) + 16 };
    },
  );
  const dots = [...svg.matchAll(/cx="(\d+)" cy="(\d+)" r="[^6]/g)].map(([, x, y]) => ({
    ...{ left: Number(x) - 10, right: Number(x) + 10, top: Number(y) - 10, bottom: Number(y) + 10 },
  }));
  assertEquals([names.length, dots.length], [5, 5]);
  for (const { right } of names) assert(right < 960 - 118, JSON.stringify(names));
  for (const [i, a] of names.entries()) {
    for (const b of [...names.slice(i + 1), ...dots]) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      assertEquals(apart, true, JSON.stringify([a, b]));
    }
  }
});

Deno.test("on Django, servers whose workers import the application under load are measured alone", () => {
  const chosen = rivalsNamed(["ours", "ours-fork", "fixed-max", "rust", "preload", "uwsgi-lazy"]);
  const named = batches(onDjango(scenariosNamed(["burst"])[0]!), chosen, true)
    .map((batch) => batch.map(({ name }) => name));
  assertEquals(named, [["ours"], ["ours-fork", "fixed-max", "preload"], ["rust"], ["uwsgi-lazy"]]);
  assertThrows(() => onDjango(scenariosNamed(["uvicorn"])[0]!), Error, "Cannot run uvicorn on Django");
  assertEquals(onDjango(scenariosNamed(["long-boot"])[0]!).env, {}); // no import but its own
});

Deno.test("servers of a batch wait for each other, not for one that failed", async () => {
  const barrier = new Barrier(3);
  const [one, two, failed] = [barrier.place(), barrier.place(), barrier.place()];
  let open = false;
  const passed = Promise.all([one(), two()]).then(() => open = true);
  one(); // again: it counts once
  await new Promise((resolve) => setTimeout(resolve)); // all that can go on has
  assertEquals(open, false);
  failed();
  await passed;
});

Deno.test("docs/benchmarks.md and the README have the figures of bench/results", () => {
  const full = (share: number, seconds: number): RunResult => ({
    ...run(share, 10 * seconds, seconds),
    errors: 0,
    timeouts: 0,
  });
  const runs = { "fixed-max": full(1, 500), ours: full(0.99, 200), "uwsgi-tuned": full(0.9, 300) };
  const own: Results = {
    machine: {},
    scenarios: {
      burst: { ...runs, "rust-tuned": { ...full(0.5, 100), errors: 3 } },
      uvicorn: { ...runs, "uwsgi-tuned": { absent: "no ASGI" } },
    },
  };
  const rows = loadsTable({ own }).split("\n").map((line) => line.replaceAll(/ +/g, " ").split(" | "));
  assertEquals(rows.length, 4);
  assertEquals(rows[2]!.slice(1), [
    ...["2..12", "100.00 %, 500 s, 5000", "99.00 %, 40 %, 2000", "90.00 %, 60 %, 3000"],
    "50.00 %, 20 %, 1000, 3 lost |",
  ]);
  assertEquals(rows[3]!.at(-2), "no ASGI");
  assertThrows(() => measuredTable(own), Error, "slow-dependency");
  const shown = ["burst", "slow-dependency", "long-boot", "trace"];
  const all = { ...own, scenarios: Object.fromEntries(shown.map((load) => [load, own.scenarios.burst!])) };
  assertStringIncludes(measuredTable(all), "| 99.00 % at 40 % | 90.00 % at 60 %       | 50.00 % at 20 %");
  const django = { ...own, scenarios: { burst: { ...runs, "ours-fork": runs.ours, preload: runs.ours } } };
  assertStringIncludes(overviewPicture({ own, django }), "99.0 % in time, 40 % memory</text>");
  const [head, , row] = djangoTable({ django }).split("\n").map((line) => line.replaceAll(/ +/g, " "));
  assertStringIncludes(head!, "| gunicorn --preload, maximum | ");
  assertEquals(head!.includes("Rust"), false); // it was not measured there
  assertStringIncludes(row!, "| **burst** | 100.00 %, 5.0 GB·s | 99.00 %, 40 % |");
});
