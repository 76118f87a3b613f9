/** Imports run one way, from the top floor of ARCHITECTURE.md to the bottom, without a circle. */
import { assertEquals } from "@std/assert";
import { circle, filesIn, importsOf, type ModulePath, read } from "./modules.ts";

/** Top floor first. A module imports from its own folder and from the floors below it. */
const FLOORS = [
  "main.ts",
  "commands",
  "simulation",
  "cli",
  "status",
  "supervisor",
  "gunicorn",
  "sensors",
  "wording",
  "platform",
  "settings",
  "core",
];
/** What every floor may import: a version, the text of an error, the log, standard output. */
const EVERYWHERE = ["src/version.ts", "src/error_text.ts", "src/log.ts", "src/output.ts"];

function floorOf(path: ModulePath): number {
  return FLOORS.indexOf(path === "main.ts" ? path : path.split("/")[1]!);
}

function upward(imports: ReadonlyMap<ModulePath, readonly ModulePath[]>): string[] {
  return [...imports].flatMap(([from, all]) => {
    const wrong = all.filter((to) => !EVERYWHERE.includes(to) && floorOf(to) < floorOf(from));
    return wrong.map((to) => `${from} imports ${to}`);
  });
}

const source = new Map([...importsOf(["src"])].filter(([path]) => !EVERYWHERE.includes(path)));

Deno.test("every folder of src is a floor", () => {
  assertEquals([...source.keys()].filter((path) => floorOf(path) < 0), []);
});

Deno.test("a module imports from its own folder and from the floors below", () => {
  assertEquals(upward(source), []);
});

Deno.test("an import of a higher floor is found", () => {
  const imports = new Map([["src/core/demand/demand.ts", ["src/status/board.ts"]]]);
  assertEquals(upward(imports), ["src/core/demand/demand.ts imports src/status/board.ts"]);
});

Deno.test("src/core imports nothing from outside itself", () => {
  const outside = [...source].filter(([path]) => path.startsWith("src/core/")).flatMap(([, all]) => all)
    .filter((path) => !path.startsWith("src/core/"));
  assertEquals(outside, []);
});

Deno.test("no module imports itself through others", () => {
  assertEquals(
    circle(importsOf(["src", "bench", "tasks", "packaging", "tests", "docs", "examples"])),
    undefined,
  );
});

Deno.test("a circle is found", () => {
  const imports = new Map([["a.ts", ["b.ts"]], ["b.ts", ["c.ts"]], ["c.ts", ["b.ts"]]]);
  assertEquals(circle(imports), ["b.ts", "c.ts", "b.ts"]);
});

const PROBE = "probe/gunicorn_autoscaler_probe/";
/** The probe's own, top floor first; what stands in no folder is the ground, but for the hooks. */
const PROBE_FLOORS = ["hooks", "master", "workforce", "fork_server", "worker", "drain", "meters", ""];

/** The floor of a module of the probe, by its parts: ["drain", "time_limits"] is of "drain". */
function probeFloorOf([first = "", ...more]: readonly string[]): number {
  return PROBE_FLOORS.indexOf(more.length > 0 || PROBE_FLOORS.includes(first) ? first : "");
}

/** The parts of each module that a module of the probe imports: `from ..drain import time_limits` in worker/attach.py. */
function importedByProbe(path: ModulePath): string[][] {
  const folder = path.slice(PROBE.length).split("/").slice(0, -1);
  const lines = read(path).matchAll(/^ *from (\.+)([\w.]*) import (\(?[\w, ]+)/gm);
  return [...lines].flatMap(([, dots = "", module = "", names = ""]) => {
    const base = [...folder.slice(0, folder.length - dots.length + 1), ...module.split(".").filter(Boolean)];
    return base.length > 0 ? [base] : names.split(",").map((name) => [name.trim().split(" ")[0]!]);
  });
}

Deno.test("the probe's modules import from their own folder and from the floors below", () => {
  const modules = filesIn("probe/gunicorn_autoscaler_probe", [".py"])
    .filter((path) => !path.endsWith("/__init__.py"));
  const wrong = modules.flatMap((path) => {
    const own = probeFloorOf(path.slice(PROBE.length, -".py".length).split("/"));
    return importedByProbe(path).filter((parts) => probeFloorOf(parts) < own)
      .map((parts) => `${path} imports ${parts.join(".")}`);
  });
  assertEquals(wrong, []);
});
