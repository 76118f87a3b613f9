/**
 * Takes the pictures of the dashboard and of `status` from a real run of about 80 s. Wants chromium, and a machine that
 * has nothing else to do. `deno run -A docs/dashboard_picture.ts --help`.
 */
import { delay } from "@std/async/delay";
import { runLoad } from "../bench/load/load.ts";
import { parsePhases } from "../bench/load/phases.ts";
import { taskArguments } from "../tasks/arguments.ts";
import { autoscaled, program } from "../tests/support/autoscaled.ts";
import { findChromium, openPage } from "../tests/support/chromium.ts";
import { freeTcpPort } from "../tests/support/port.ts";
import { run } from "../tests/support/process.ts";
import { terminalPicture } from "./terminal_picture.ts";

const LOAD = "8x12s:/sleep/100,45x20s:/sleep/100,14x16s:/sleep/100,70x30s:/sleep/100";
/** In the last phase, when all that it needs has come. */
const TAKEN_AFTER_MS = 60_000;
/** A scale that is sharp on dense screens too. */
const WIDTH = 1280, HEIGHT = 900, SCALE = 1.5;
/** The theme's change redraws the charts. */
const REDRAWN_AFTER_MS = 500;

taskArguments({
  command: "deno run -A docs/dashboard_picture.ts",
  action: "take the pictures",
  about:
    "Takes the pictures of the dashboard and of status from a real run of about 80 s. Wants chromium, and a machine " +
    "that has nothing else to do.",
  options: {},
  examples: [""],
});

const images = new URL("images/", import.meta.url).pathname;
const chromium = await findChromium();
if (chromium === undefined) throw new Error("Cannot take pictures: chromium is not installed, install it");
const statusPort = freeTcpPort();
await using server = await autoscaled({
  own: ["--max-workers", "10", "--status-addr", `127.0.0.1:${statusPort}`],
  gunicorn: ["--log-level", "warning"],
});
await using page = await openPage(chromium);
await page.resize(WIDTH, HEIGHT, false, SCALE);
await page.open(`http://127.0.0.1:${statusPort}/`);
const load = runLoad({ port: server.port, phases: parsePhases(LOAD), arrivals: "poisson" });
await delay(TAKEN_AFTER_MS);
// Down to the second row of charts: the rest is more of the same.
const height = await page.evaluate<number>(
  `Math.ceil(document.getElementById("chart-time").closest(".card").getBoundingClientRect().bottom) + 8`,
);
// The decision under the pointer shows what hovering does.
const hover = `[...document.querySelectorAll("#decisions li")]
  .find((item) => item.querySelector("[data-action=shrink]"))?.dispatchEvent(new PointerEvent("pointerenter"))`;
for (const [name, dark] of [["dashboard", false], ["dashboard-dark", true]] as const) {
  await page.resize(WIDTH, height, dark, SCALE);
  await delay(REDRAWN_AFTER_MS);
  await page.evaluate(hover);
  await page.screenshot(`${images}${name}.png`);
}
const [command, ...args] = program();
const status = await run(command!, [...args, "status"], {
  env: { GUNICORN_AUTOSCALER_RUNTIME_DIR: server.runtimeBase, FORCE_COLOR: "1", NO_COLOR: "", COLUMNS: "96" },
});
await Deno.writeTextFile(`${images}status.svg`, terminalPicture(status.stdout, "gunicorn-autoscaler status"));
await load;
