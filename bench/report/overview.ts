/** All loads in one picture: for each server the share of requests answered in time over the memory that it held. */
import { type Absent, isAbsent, type Results, type RunResult } from "./results.ts";
import type { Rival } from "../servers/rivals.ts";
import { percent } from "./results_table.ts";

const WIDTH = 960;
const HEIGHT = 580;
const PLOT = { left: 92, top: 136, right: 40, bottom: 74 };
const DOT_PX = 10;
/** How far the name of the upright axis goes into the plot. */
const NAME_OF_AXIS_PX = 110;
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
  /** Of all loads together; memory is NaN where it is not known. */
  readonly memoryMbSeconds: number;
  readonly workerSeconds: number;
}

/** Loads that all of these servers met, and with `memory` those of which it is known. */
export function commonLoads({ scenarios }: Results, rivals: readonly Rival[], memory = true): string[] {
  return Object.keys(scenarios).filter((name) =>
    rivals.every(({ name: rival }) => {
      const run = measured(scenarios[name]![rival]);
      return run !== undefined && (!memory || run.memoryMbSeconds !== undefined);
    })
  );
}

/** Each server over these loads. */
export function overall(results: Results, loads: readonly string[], rivals: readonly Rival[]): Overall[] {
  return rivals.map((rival) => {
    const runs = loads.map((scenario) => measured(results.scenarios[scenario]![rival.name])!);
    const sum = (of: (run: RunResult) => number) => runs.reduce((all, run) => all + of(run), 0);
    return {
      rival,
      shareWithinSlo: sum((run) => run.shareWithinSlo) / runs.length,
      memoryMbSeconds: sum((run) => run.memoryMbSeconds ?? NaN),
      workerSeconds: sum((run) => run.workerSeconds),
    };
  });
}

/** Words of the picture. */
export interface OverviewWords {
  readonly title: string;
  readonly subtitle: string;
}

/** What a server costs. */
export interface Cost {
  readonly of: (server: Overall) => number;
  readonly unit: string;
  /** Of the axis. */
  readonly axis: string;
}

export const MEMORY: Cost = {
  of: ({ memoryMbSeconds }) => memoryMbSeconds / 1000,
  unit: "GB·s",
  axis: "memory × time, GB·s",
};

/** Where memory was not measured: each worker is as large as the application. */
export const WORKERS: Cost = {
  of: ({ workerSeconds }) => workerSeconds,
  unit: "worker-seconds",
  axis: "workers × time, worker-seconds",
};

/** One dot a server: cheaper is left, faster is up. */
export function drawOverview(
  servers: readonly Overall[],
  cost: Cost,
  { title, subtitle }: OverviewWords,
): string {
  const spots = servers.map((server) => ({
    ...{ label: server.rival.label, mine: server.rival.name.startsWith("ours") },
    ...{ inTime: server.shareWithinSlo, cost: cost.of(server) },
    told: `${percent(server.shareWithinSlo, 1)} in time, ${figure(cost.of(server))} ${cost.unit}`,
  }));
  const [width, height] = [WIDTH - PLOT.left - PLOT.right, HEIGHT - PLOT.top - PLOT.bottom];
  const lowest = Math.floor(Math.min(...spots.map(({ inTime }) => inTime)) * 10 - 0.2) / 10;
  const most = Math.max(...spots.map((spot) => spot.cost));
  const step = niceStep(most / 5);
  const widest = most * 1.06;
  const x = (value: number) => Math.round(value / widest * width);
  const y = (share: number) => Math.round((1 - share) / (1 - lowest) * height);
  const grid = [
    ...steps(lowest, 1, niceStep((1 - lowest) / 5)).map((share) =>
      `<path class="grid" d="M0 ${y(share)}H${width}"/><text class="soft axis end" x="-12" y="${
        y(share) + 4
      }">${percent(share, 0)}</text>`
    ),
    ...steps(0, widest, step).map((value) =>
      `<text class="soft axis mid" x="${x(value)}" y="${height + 24}">${figure(value)}</text>`
    ),
    `<path class="grid" d="M0 0V${height}"/>`,
  ];
  const taken: Box[] = spots.map((spot) => around(x(spot.cost), y(spot.inTime)));
  const dots = spots.map(({ label, mine, inTime, cost, told }) => {
    const [cx, cy] = [x(cost), y(inTime)];
    const labelPx = Math.max(label.length * NAME_PX, told.length * SMALL_PX);
    const place = placed(cx, cy, labelPx, width, height, taken);
    taken.push(place.box);
    const lines = `<text class="ink name ${place.anchor}" x="${place.x}" y="${place.y}">${label}</text>` +
      `<text class="soft small ${place.anchor}" x="${place.x}" y="${place.y + 16}">${told}</text>`;
    const dot = `<circle class="dot" cx="${cx}" cy="${cy}" r="${mine ? DOT_PX + 2 : DOT_PX}"/>`;
    return `<g class="${mine ? "mine" : "other"}">${dot}${lines}</g>`;
  });
  const described = spots.map(({ label, told }) => `${label}: ${told}`).join(". ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${described}.">
<style>${STYLE}
</style>
<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="10"/>
<text class="ink title" x="24" y="36">${title}</text>
<text class="soft small" x="24" y="56">${subtitle}</text>
<g transform="translate(${PLOT.left} ${PLOT.top})">
<rect class="best" y="-16" width="${x(most / 2)}" height="${y(0.95) + 16}"/>
<text class="good small" x="10" y="${y(0.95) - 8}">fast and cheap</text>
${grid.join("\n")}
${dots.join("\n")}
<text class="soft small" x="-68" y="-26">requests answered in time</text>
<text class="soft small end" x="${width}" y="${height + 48}">${cost.axis}</text>
</g>
</svg>
`;
}

/** 1, 2 or 5 times a power of ten, at least this. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((one) => one * power >= least) ?? 10);
}

/** "2.5", "25", "2,500". */
function figure(value: number): string {
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ",");
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
  const sides: readonly [dx: number, dy: number, anchor: Place["anchor"], left: number][] = [
    [near, -2, "", near],
    [-near, -2, "end", -near - labelPx],
    [0, 30, "mid", -half],
    [0, -34, "mid", -half],
    [-DOT_PX, 30, "", -DOT_PX],
    [DOT_PX, 30, "end", DOT_PX - labelPx],
    [-DOT_PX, -34, "", -DOT_PX],
    [DOT_PX, -34, "end", DOT_PX - labelPx],
  ];
  // Near the dot, else further right and down.
  const shifts = [0, 36, 72, 108].flatMap((down) => [0, 24, 48].map((right) => [right, down] as const));
  const all = shifts.flatMap(([right, down]) =>
    sides.map(([dx, dy, anchor, left]): Place => ({
      ...{ x: x + dx + right, y: y + dy + down, anchor },
      box: {
        ...{ left: x + left + right, right: x + left + right + labelPx },
        ...{ top: y + dy + down - 14, bottom: y + dy + down + 20 },
      },
    }))
  );
  const free = all.find(({ box }) =>
    box.left > 0 && box.right < width + PLOT.right && box.bottom < height &&
    // Above the plot only beside the name of the axis.
    box.top > (box.left > NAME_OF_AXIS_PX ? -56 : -16) && !taken.some((other) => overlap(box, other))
  );
  return free ?? all[0]!;
}

function around(x: number, y: number): Box {
  const px = DOT_PX + 2;
  return { left: x - px, right: x + px, top: y - px, bottom: y + px };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function measured(run: RunResult | Absent | undefined): RunResult | undefined {
  return run === undefined || isAbsent(run) ? undefined : run;
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by + 1e-9) + 1 }, (_, i) => from + i * by);
}
