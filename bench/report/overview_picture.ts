/** All loads in one picture: for each server the share of requests answered in time over the memory that it held. */
import { type Box, overlap, type Place, placed } from "./label_places.ts";
import type { Group, Overall } from "./overview.ts";
import { percent } from "./results_table.ts";

const WIDTH = 960;
const HEIGHT = 560;
const PLOT = { left: 118, top: 150, right: 40, bottom: 70 };
const LARGE_PX = 11, SMALL_PX = 7;
/** The words above the best corner. */
const BEST = { text: "fast and cheap", box: { left: 0, right: 96, top: -34, bottom: -17 } };
/** Width of a letter of the two lines beside a dot, at most. */
const NAME_LETTER_PX = 7.8, FIGURES_LETTER_PX = 6.6;
/** Beyond so many times the maximum's memory no cheap server lies, and nothing slow above so large a share. */
const CHEAP = 0.5, FAST = 0.95;

/** Light and dark by the reader's own setting. */
const STYLE = `
  svg { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
  .card { fill: #ffffff; stroke: #d1d9e0; } .ink { fill: #1f2328; } .soft { fill: #59636e; }
  .grid { stroke: #d1d9e0; } .best { fill: #1a7f37; fill-opacity: .09; } .good { fill: #1a7f37; }
  .dot { fill: #6e7781; stroke: #6e7781; stroke-width: 2.5; } .mine .dot { fill: #0969da; stroke: #0969da; }
  .mine .ink { fill: #0969da; } .ring .dot { fill: #ffffff; } .ring .name { font-size: 12px; font-weight: 400; }
  .title { font-size: 20px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
  .axis { font-size: 13px; } .small { font-size: 12px; } .dashed { stroke: #6e7781; stroke-dasharray: 3 4; }
  .end { text-anchor: end; } .mid { text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d; } .ink { fill: #f0f6fc; } .soft { fill: #9198a1; }
    .grid { stroke: #30363d; } .best { fill: #3fb950; } .good { fill: #3fb950; }
    .dot { fill: #9198a1; stroke: #9198a1; } .mine .dot { fill: #4493f8; stroke: #4493f8; }
    .mine .ink { fill: #4493f8; } .ring .dot { fill: #0d1117; } .dashed { stroke: #9198a1; }
  }`;

/** A dot, and what stands beside it. */
interface Spot {
  readonly label: string;
  readonly told: string;
  readonly kind: string;
  readonly dotPx: number;
  readonly inTime: number;
  readonly memory: number;
}

/** One dot a server on a large application, one ring a server on a small one: cheaper is left, faster is up. */
export function drawOverview(large: Group, small: Group): string {
  const spots = [
    ...large.servers.map((server) => spot(server, "dots", LARGE_PX)),
    // It is the measure of the others, and has its dot.
    ...small.servers.filter(({ rival }) => rival.name !== "fixed-max").map((server) =>
      spot(server, "ring", SMALL_PX)
    ),
  ];
  const [width, height] = [WIDTH - PLOT.left - PLOT.right, HEIGHT - PLOT.top - PLOT.bottom];
  const lowest = Math.floor(Math.min(FAST, ...spots.map(({ inTime }) => inTime)) * 10 - 0.2) / 10;
  const widest = Math.max(1, ...spots.map(({ memory }) => memory)) * 1.06;
  const x = (ratio: number) => Math.round(ratio / widest * width);
  const y = (share: number) => Math.round((1 - share) / (1 - lowest) * height);
  const taken: Box[] = [
    BEST.box,
    ...spots.map(({ memory, inTime, dotPx }) => around(x(memory), y(inTime), dotPx + 2)),
  ];
  const isFree = (box: Box) =>
    box.left > 0 && box.right < width + PLOT.right - 8 && box.bottom < height &&
    box.top > -60 && !taken.some((other) => overlap(box, other));
  const dots = spots.map((one) => {
    const [cx, cy] = [x(one.memory), y(one.inTime)];
    const labelPx = Math.max(one.label.length * NAME_LETTER_PX, one.told.length * FIGURES_LETTER_PX);
    const place = placed(cx, cy, labelPx, one.dotPx, isFree);
    taken.push(place.box);
    return `<g class="${one.kind}"><circle class="dot" cx="${cx}" cy="${cy}" r="${one.dotPx}"/>${
      lines(one, place)
    }</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${
    described(large, small)
  }">
<style>${STYLE}
</style>
<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="10"/>
<text class="ink title" x="24" y="36">Answered in time, and the memory it took</text>
<text class="soft small" x="24" y="56">${
    loadsOf(large)
  } on two cores. Up is faster for users, left is cheaper.</text>
${legend(large, small)}
<g transform="translate(${PLOT.left} ${PLOT.top})">
<rect class="best" y="-16" width="${x(CHEAP)}" height="${y(FAST) + 16}"/>
<text class="good small" x="2" y="-21">${BEST.text}</text>
${grid(lowest, widest, x, y).join("\n")}
${dots.join("\n")}
<text class="soft small end" x="${width}" y="${
    height + 48
  }">memory × time, compared with gunicorn at its maximum</text>
</g>
</svg>
`;
}

function spot({ rival, shareWithinSlo, memoryRatio }: Overall, kind: string, dotPx: number): Spot {
  return {
    label: rival.label,
    told: figures(shareWithinSlo, memoryRatio),
    kind: `${kind} ${rival.name.startsWith("ours") ? "mine" : "other"}`,
    ...{ dotPx, inTime: shareWithinSlo, memory: memoryRatio },
  };
}

function figures(shareWithinSlo: number, memoryRatio: number): string {
  return `${percent(shareWithinSlo, 1)} in time, ${Math.round(100 * memoryRatio)} % memory`;
}

function lines({ label, told }: Spot, { x, y, anchor }: Place): string {
  return `<text class="ink name ${anchor}" x="${x}" y="${y}">${label}</text>` +
    `<text class="soft small ${anchor}" x="${x}" y="${y + 16}">${told}</text>`;
}

function grid(
  lowest: number,
  widest: number,
  x: (ratio: number) => number,
  y: (share: number) => number,
): string[] {
  const [width, height] = [x(widest), y(lowest)];
  return [
    ...steps(lowest, 1, niceStep((1 - lowest) / 5)).map((share) =>
      `<path class="grid" d="M0 ${y(share)}H${width}"/><text class="soft axis end" x="-14" y="${
        y(share) + 4
      }">${percent(share, 0)}${share > 1 - 1e-9 ? " in time" : ""}</text>`
    ),
    ...steps(0, widest, 0.25).map((ratio) =>
      `<text class="soft axis mid" x="${x(ratio)}" y="${height + 24}">${percent(ratio, 0)}</text>`
    ),
    `<path class="grid" d="M0 0V${height}"/><path class="dashed" d="M${x(1)} 0V${height}"/>`,
  ];
}

function legend(large: Group, small: Group): string {
  const dots =
    `<g class="dots"><circle class="dot" cx="30" cy="78" r="6"/></g><text class="ink small" x="44" y="82">${
      applicationOf("Django", large)
    }</text>`;
  if (small.servers.length === 0) return dots;
  const loads = small.loads.length < large.loads.length ? `, ${small.loads.length} of the loads` : "";
  return `${dots}<g class="ring"><circle class="dot" cx="270" cy="78" r="6"/></g><text class="ink small" x="284" y="82">${
    applicationOf("the smallest application", small)
  }${loads}</text>`;
}

function applicationOf(name: string, { workerMb }: Group): string {
  return `${name}, ${Math.round(workerMb)} MB a worker`;
}

function loadsOf({ loads }: Group): string {
  return loads.length === 1 ? "One load" : `${loads.length} loads`;
}

function described(large: Group, small: Group): string {
  const told = ({ servers }: Group) =>
    servers.map((one) => `${one.rival.label}: ${figures(one.shareWithinSlo, one.memoryRatio)}`).join(". ");
  const tiny = small.servers.length > 0
    ? ` ${applicationOf("The smallest application", small)}. ${told(small)}.`
    : "";
  return `${loadsOf(large)}. ${applicationOf("Django", large)}. ${told(large)}.${tiny}`;
}

/** 1, 2 or 5 times a power of ten, at least this. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((one) => one * power >= least) ?? 10);
}

function around(x: number, y: number, px: number): Box {
  return { left: x - px, right: x + px, top: y - px, bottom: y + px };
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by + 1e-9) + 1 }, (_, i) => from + i * by);
}
