/** All loads in one picture: for each server the share of requests answered in time over the memory that it held. */
import { type Absent, isAbsent, type Results, type RunResult } from "./results.ts";
import type { Rival } from "../servers/rivals.ts";
import { percent } from "./results_table.ts";

const WIDTH = 960;
const HEIGHT = 560;
const PLOT = { left: 92, top: 110, right: 40, bottom: 74 };
const DOT_PX = 10;
/** Width of a letter of the two lines beside a dot, at most. */
const NAME_PX = 7.8, SMALL_PX = 6.1;

/** Light and dark by the reader's own setting. */
const STYLE = `
  svg { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
  .card { fill: #ffffff; stroke: #d1d9e0; } .ink { fill: #1f2328; } .soft { fill: #59636e; }
  .grid { stroke: #d1d9e0; } .dot { fill: #6e7781; } .mine .dot { fill: #0969da; } .best { fill: #1a7f37; fill-opacity: .09; }
  .good { fill: #1a7f37; } .mine .name { fill: #0969da; }
  .title { font-size: 20px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
  .axis { font-size: 13px; } .small { font-size: 12px; }
  .end { text-anchor: end; } .mid { text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d; } .ink { fill: #f0f6fc; } .soft { fill: #9198a1; }
    .grid { stroke: #30363d; } .dot { fill: #9198a1; } .mine .dot { fill: #4493f8; } .mine .name { fill: #4493f8; }
    .best { fill: #3fb950; } .good { fill: #3fb950; }
  }`;

/** A server over all loads. */
export interface Overall {
  readonly rival: Rival;
  /** Mean share (0..1) of requests within the objective. */
  readonly shareWithinSlo: number;
  /** The load where it was least. */
  readonly worst: { readonly scenario: string; readonly shareWithinSlo: number };
  /** Mean of memory times time, and of worker-seconds, each over that of the fixed maximum under the same load. */
  readonly memoryOfMax: number;
  readonly workersOfMax: number;
}

/** Loads that all of these servers met, with their memory. */
export function commonLoads({ scenarios }: Results, rivals: readonly Rival[]): string[] {
  return Object.keys(scenarios).filter((name) =>
    rivals.every(({ name: rival }) => measured(scenarios[name]![rival]) !== undefined)
  );
}

/** Each server over these loads. Needs the fixed maximum's result of each. */
export function overall(results: Results, loads: readonly string[], rivals: readonly Rival[]): Overall[] {
  return rivals.map((rival) => {
    const runs = loads.map((scenario) => {
      const run = measured(results.scenarios[scenario]![rival.name])!;
      const max = measured(results.scenarios[scenario]!["fixed-max"])!;
      return { scenario, run, max };
    });
    const mean = (of: (one: typeof runs[number]) => number) =>
      runs.reduce((sum, one) => sum + of(one), 0) / runs.length;
    const worst = runs.reduce((least, one) =>
      one.run.shareWithinSlo < least.run.shareWithinSlo ? one : least
    );
    return {
      rival,
      shareWithinSlo: mean(({ run }) => run.shareWithinSlo),
      worst: { scenario: worst.scenario, shareWithinSlo: worst.run.shareWithinSlo },
      memoryOfMax: mean(({ run, max }) => run.memoryMbSeconds! / max.memoryMbSeconds!),
      workersOfMax: mean(({ run, max }) => run.workerSeconds / max.workerSeconds),
    };
  });
}

/** The same as a table for docs/benchmarks.md. */
export function overallTable(servers: readonly Overall[]): string {
  const head = ["server", "in time", "memory", "workers", "worst load"];
  const rows = servers.map(({ rival, shareWithinSlo, memoryOfMax, workersOfMax, worst }) => [
    rival.label,
    percent(shareWithinSlo, 1),
    rounded(memoryOfMax),
    rounded(workersOfMax),
    `${percent(worst.shareWithinSlo, 1)}, ${worst.scenario}`,
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What is drawn of a server. */
export interface Spot {
  readonly label: string;
  /** One of this project. */
  readonly mine: boolean;
  /** Share (0..1) of requests within the objective. */
  readonly inTime: number;
  /** Of what the fixed maximum costs. */
  readonly cost: number;
}

/** Words of the picture. */
export interface OverviewWords {
  readonly title: string;
  readonly subtitle: string;
  /** Of the axis. */
  readonly cost: string;
  /** Behind a figure: "memory". */
  readonly costUnit: string;
}

/** The picture of their memory. */
export function memorySpots(servers: readonly Overall[]): Spot[] {
  return servers.map(({ rival, shareWithinSlo, memoryOfMax }) => ({
    label: rival.label,
    mine: rival.name.startsWith("ours"),
    inTime: shareWithinSlo,
    cost: memoryOfMax,
  }));
}

/** One dot a server: cheaper is left, faster is up. */
export function drawOverview(spots: readonly Spot[], words: OverviewWords): string {
  const least = Math.min(...spots.map(({ inTime }) => inTime));
  const most = Math.max(1, ...spots.map(({ cost }) => cost));
  const [lowest, widest] = [Math.floor(least * 10 - 0.2) / 10, Math.ceil(most * 10 + 0.5) / 10];
  const [width, height] = [WIDTH - PLOT.left - PLOT.right, HEIGHT - PLOT.top - PLOT.bottom];
  const x = (cost: number) => Math.round(cost / widest * width);
  const y = (share: number) => Math.round((1 - share) / (1 - lowest) * height);
  const grid = [
    ...steps(lowest, 1, 0.1).map((share) =>
      `<path class="grid" d="M0 ${y(share)}H${width}"/><text class="soft axis end" x="-12" y="${
        y(share) + 4
      }">${rounded(share)}</text>`
    ),
    ...steps(0, widest, 0.25).map((cost) =>
      `<text class="soft axis mid" x="${x(cost)}" y="${height + 24}">${rounded(cost)}</text>`
    ),
    `<path class="grid" d="M0 0V${height}M${x(1)} 0V${height}" stroke-dasharray="2 4"/>`,
  ];
  const taken: Box[] = spots.map((spot) => around(x(spot.cost), y(spot.inTime)));
  const told = spots.map(({ inTime, cost }) =>
    `${percent(inTime, 1)} in time, ${rounded(cost)} ${words.costUnit}`
  );
  const dots = spots.map(({ label, mine, inTime, cost }, i) => {
    const [cx, cy] = [x(cost), y(inTime)];
    const labelPx = Math.max(label.length * NAME_PX, told[i]!.length * SMALL_PX);
    const place = placed(cx, cy, labelPx, width, height, taken);
    taken.push(place.box);
    const lines = `<text class="ink name ${place.anchor}" x="${place.x}" y="${place.y}">${label}</text>` +
      `<text class="soft small ${place.anchor}" x="${place.x}" y="${place.y + 16}">${told[i]}</text>`;
    const dot = `<circle class="dot" cx="${cx}" cy="${cy}" r="${mine ? DOT_PX + 2 : DOT_PX}"/>`;
    return `<g class="${mine ? "mine" : "other"}">${dot}${lines}</g>`;
  });
  const described = spots.map(({ label }, i) => `${label}: ${told[i]}`).join(". ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${described}.">
<style>${STYLE}
</style>
<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="10"/>
<text class="ink title" x="24" y="36">${words.title}</text>
<text class="soft small" x="24" y="56">${words.subtitle}</text>
<g transform="translate(${PLOT.left} ${PLOT.top})">
<rect class="best" y="-16" width="${x(0.5)}" height="${y(0.95) + 16}"/>
<text class="good small" x="10" y="${y(0.95) - 8}">fast and cheap</text>
${grid.join("\n")}
${dots.join("\n")}
<text class="soft small" x="-68" y="-26">requests answered in time</text>
<text class="soft small end" x="${width}" y="${height + 48}">${words.cost}</text>
</g>
</svg>
`;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor: "" | "end" | "mid";
  readonly box: Box;
}

/** Where a label of two lines is free: right of its dot, left, below or above. */
function placed(
  x: number,
  y: number,
  labelPx: number,
  width: number,
  height: number,
  taken: readonly Box[],
): Place {
  const [near, half] = [DOT_PX + 8, labelPx / 2];
  const places: readonly [dx: number, dy: number, anchor: Place["anchor"], left: number][] = [
    [near, -2, "", near],
    [-near, -2, "end", -near - labelPx],
    [0, 30, "mid", -half],
    [0, -34, "mid", -half],
    [-DOT_PX, 30, "", -DOT_PX],
    [DOT_PX, 30, "end", DOT_PX - labelPx],
    [-DOT_PX, 66, "", -DOT_PX],
    [DOT_PX, 66, "end", DOT_PX - labelPx],
  ];
  const all = places.map(([dx, dy, anchor, left]) => ({
    ...{ x: x + dx, y: y + dy, anchor },
    box: { left: x + left, right: x + left + labelPx, top: y + dy - 14, bottom: y + dy + 20 },
  }));
  const free = all.find(({ box }) =>
    box.left > 0 && box.right < width + PLOT.right && box.top > -16 && box.bottom < height &&
    !taken.some((other) => overlap(box, other))
  );
  return free ?? all[0]!;
}

function around(x: number, y: number): Box {
  return { left: x - DOT_PX, right: x + DOT_PX, top: y - DOT_PX, bottom: y + DOT_PX };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function measured(run: RunResult | Absent | undefined): RunResult | undefined {
  return run === undefined || isAbsent(run) || run.memoryMbSeconds === undefined ? undefined : run;
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by + 1e-9) + 1 }, (_, i) => from + i * by);
}

function rounded(share: number): string {
  return `${Math.round(share * 100)} %`;
}
