/**
 * Draws one scenario as an SVG for a README: for each server its workers over the load, and where users waited too long.
 * `deno task bench:chart --help`.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { listOf, oneOf, text } from "../../tasks/options.ts";
import { totalMs } from "../load/phases.ts";
import { type Absent, isAbsent, readResults, type RunResult } from "./results.ts";
import { type Rival, rivalsNamed } from "../servers/rivals.ts";
import type { Scenario } from "../scenario.ts";
import { scenariosNamed } from "../scenarios.ts";
import { percent } from "./results_table.ts";

const WIDTH = 960;
const LABELS_PX = 228;
const FIGURES_PX = 256;
const PLOT_PX = WIDTH - LABELS_PX - FIGURES_PX;
const ROW_PX = 92;
const ROW_GAP_PX = 22;
const HEAD_PX = 92;
const FOOT_PX = 24;

/** Light and dark by the reader's own setting; a viewer that knows no media query shows the light card. */
const STYLE = `
  svg { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
  .card { fill: #ffffff; stroke: #d1d9e0; }
  .ink { fill: #1f2328; } .soft { fill: #59636e; }
  .grid { stroke: #d1d9e0; } .load { fill: #8c959f; fill-opacity: .38; }
  .workers { fill: none; stroke: #6e7781; stroke-width: 2; stroke-linejoin: round; }
  .mine .workers { stroke: #0969da; stroke-width: 2.5; } .under { fill: #6e7781; fill-opacity: .08; }
  .mine .under { fill: #0969da; fill-opacity: .14; } .missed { fill: #d1242f; fill-opacity: .85; }
  .good { fill: #1a7f37; } .bad { fill: #d1242f; }
  .title { font-size: 20px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
  .figure { font-size: 21px; font-weight: 600; } .small { font-size: 12px; } .tiny { font-size: 11px; }
  .end { text-anchor: end; } .mid { text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d; } .ink { fill: #f0f6fc; } .soft { fill: #9198a1; }
    .grid { stroke: #30363d; } .load { fill: #9198a1; fill-opacity: .30; }
    .workers { stroke: #9198a1; } .under { fill: #9198a1; } .mine .workers { stroke: #4493f8; }
    .mine .under { fill: #4493f8; fill-opacity: .18; }
    .missed { fill: #f85149; } .good { fill: #3fb950; } .bad { fill: #f85149; }
  }`;

/** The chart of these servers, in this order; those without a result are left out. */
export function drawChart(
  scenario: Scenario,
  runs: Record<string, RunResult | Absent>,
  rivals: readonly Rival[],
): string {
  const rows = rivals.flatMap((rival) => {
    const run = runs[rival.name];
    return run === undefined || isAbsent(run) ? [] : [{ rival, run }];
  });
  const max = runs["fixed-max"];
  const maxWorkerSeconds = max && !isAbsent(max) ? max.workerSeconds : undefined;
  const top = Math.max(scenario.maxWorkers, ...rows.map(({ run }) => run.peakWorkers));
  const height = HEAD_PX + rows.length * (ROW_PX + ROW_GAP_PX) + FOOT_PX;
  const body = rows.map(({ rival, run }, i) => {
    const y = HEAD_PX + i * (ROW_PX + ROW_GAP_PX);
    return row(scenario, rival, run, maxWorkerSeconds, top, y);
  });
  const end = HEAD_PX + rows.length * (ROW_PX + ROW_GAP_PX) - ROW_GAP_PX;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    escape(describe(scenario, rows))
  }">
<style>${STYLE}
</style>
<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
${head(scenario)}
${body.join("\n")}
${seconds(scenario, end)}
</svg>
`;
}

function head(scenario: Scenario): string {
  const legend = [
    `<rect class="load" x="0" y="-9" width="16" height="10"/><text class="soft small" x="22" y="0">workers the load keeps busy</text>`,
    `<g class="mine" transform="translate(212)"><path class="workers" d="M0 -4H16"/></g><text class="soft small" x="234" y="0">workers</text>`,
    `<rect class="missed" x="308" y="-9" width="16" height="10"/><text class="soft small" x="330" y="0">share of requests over ${scenario.sloMs} ms or failed</text>`,
  ];
  return `<text class="ink title" x="24" y="36">${escape(capital(scenario.title))}</text>
<text class="soft small" x="24" y="56">Real servers, the same requests; ${scenario.minWorkers} to ${scenario.maxWorkers} workers</text>
<g transform="translate(${LABELS_PX} 78)">${legend.join("")}</g>`;
}

function row(
  scenario: Scenario,
  rival: Rival,
  run: RunResult,
  maxWorkerSeconds: number | undefined,
  top: number,
  y: number,
): string {
  const durationMs = totalMs(scenario.phases);
  const x = (ms: number): number => Math.round(ms / durationMs * PLOT_PX * 10) / 10;
  const h = (workers: number): number => Math.round((ROW_PX - workers / top * ROW_PX) * 10) / 10;
  const line = run.workers.changes
    .map(([atMs, workers], i) => i === 0 ? `M0 ${h(workers)}` : `H${x(atMs)}V${h(workers)}`).join("") +
    `H${PLOT_PX}`;
  const missed = run.missedEachSecond.map((count, second) => {
    if (count === 0) return "";
    const share = count / run.dueEachSecond[second]!;
    const width = Math.max(1.5, PLOT_PX / run.dueEachSecond.length - 1);
    return `<rect class="missed" x="${x(second * 1000)}" y="${h(share * top * 0.45)}" width="${
      width.toFixed(1)
    }" height="${(ROW_PX - h(share * top * 0.45)).toFixed(1)}"/>`;
  });
  const good = run.shareWithinSlo >= 0.99;
  const cost = maxWorkerSeconds ? `${percent(run.workerSeconds / maxWorkerSeconds, 0)} of the max` : "";
  return `<g class="${rival.name === "ours" ? "mine" : "other"}">
<text class="ink name" x="24" y="${y + 22}">${escape(rival.label)}</text>
<text class="soft tiny" x="24" y="${y + 40}">p95 ${latency(run)}</text>
<text class="soft tiny" x="24" y="${y + 56}">${failures(run)}</text>
<g transform="translate(${LABELS_PX} ${y})">
<path class="grid" d="M0 ${ROW_PX}H${PLOT_PX}M0 0H${PLOT_PX}" fill="none" stroke-dasharray="2 4"/>
<text class="soft tiny end" x="-8" y="4">${top}</text><text class="soft tiny end" x="-8" y="${
    ROW_PX + 4
  }">0</text>
<path class="load" d="${loadArea(scenario, x, h)}"/>
<path class="under" d="${line}V${ROW_PX}H0Z"/>
${missed.join("")}
<path class="workers" d="${line}"/>
</g>
<g transform="translate(${LABELS_PX + PLOT_PX + 28} ${y})">
<text class="${good ? "good" : "bad"} figure" y="36">${percent(run.shareWithinSlo, 1)}</text>
<text class="soft tiny" y="54">within ${scenario.sloMs} ms</text>
<text class="ink figure" x="116" y="36">${run.workerSeconds.toFixed(0)}</text>
<text class="soft tiny" x="116" y="54">worker-seconds</text>
<text class="soft tiny" x="116" y="70">${cost}</text>
</g>
</g>`;
}

/** The workers that the load keeps busy: rate times service time, by the threads of a worker. */
function loadArea(scenario: Scenario, x: (ms: number) => number, h: (workers: number) => number): string {
  let atMs = 0;
  let path = `M0 ${ROW_PX}`;
  for (const phase of scenario.phases) {
    const serviceMs = Number(phase.path.match(/\/([0-9.]+)$/)?.[1] ?? scenario.service?.medianMs ?? 0);
    path += `H${x(atMs)}V${h(phase.ratePerS * serviceMs / 1000 / (scenario.threads ?? 1))}`;
    atMs += phase.durationMs;
  }
  return `${path}H${x(atMs)}V${ROW_PX}Z`;
}

function seconds(scenario: Scenario, y: number): string {
  const all = totalMs(scenario.phases) / 1000;
  const step = [5, 10, 20, 30, 60].find((one) => all / one <= 10) ?? 120;
  const marks = Array.from({ length: Math.floor(all / step) + 1 }, (_, i) => i * step).map((second) => {
    return `<text class="soft tiny mid" x="${LABELS_PX + second / all * PLOT_PX}" y="${
      y + 20
    }">${second} s</text>`;
  });
  return marks.join("");
}

function failures(run: RunResult): string {
  if (run.errors + run.timeouts === 0) return "no errors";
  return `${run.errors} errors, ${run.timeouts} time-outs`;
}

function latency(run: RunResult): string {
  return run.p95Ms >= 1000 ? `${(run.p95Ms / 1000).toFixed(1)} s` : `${run.p95Ms.toFixed(0)} ms`;
}

function describe(scenario: Scenario, rows: { rival: Rival; run: RunResult }[]): string {
  const figures = rows.map(({ rival, run }) =>
    `${rival.label}: ${percent(run.shareWithinSlo, 1)} within ${scenario.sloMs} ms at ${
      run.workerSeconds.toFixed(0)
    } worker-seconds`
  );
  return `${scenario.title}. ${figures.join(". ")}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const SCENARIOS = scenariosNamed([]).map(({ name }) => name);
const RIVALS = rivalsNamed([]).map(({ name }) => name);

const TASK = {
  command: "deno task bench:chart",
  action: "draw the chart",
  about:
    "Draws one scenario as an SVG: for each server its workers over the load, and where users waited too long.",
  options: {
    scenario: oneOf(SCENARIOS, { help: "What is drawn, one of those listed below.", default: "burst" }),
    rivals: listOf(RIVALS, {
      help: "Servers to draw, in this order; those without a result are left out.",
      default: ["ours", "fixed-max", "uwsgi-tuned", "rust-tuned"],
    }),
    json: text({
      placeholder: "FILE",
      help: "Results of deno task bench.",
      default: new URL("../../.bench/results.json", import.meta.url).pathname,
      otherwise: ".bench/results.json",
    }),
    out: text({ placeholder: "FILE.svg", help: "Where the chart is written.", otherwise: "printed" }),
  },
  examples: ["--scenario burst --rivals ours,uwsgi-tuned --out burst.svg"],
  notes: [`Scenarios: ${SCENARIOS.join(", ")}.`, `Rivals: ${RIVALS.join(", ")}.`],
};

async function main(): Promise<void> {
  const { options: args } = taskArguments(TASK);
  const { scenarios } = await readResults(args.json);
  const [scenario] = scenariosNamed([args.scenario]);
  const svg = drawChart(scenario!, scenarios[args.scenario] ?? {}, rivalsNamed(args.rivals));
  if (args.out !== undefined) await Deno.writeTextFile(args.out, svg);
  else console.log(svg);
}

if (import.meta.main) await main();
