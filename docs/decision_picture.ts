/** Pictures of the law at work: a simulated load, the workers it gets, what waits, and each logged decision. */

import { DEFAULT_POLICY } from "../src/core/policy_settings.ts";
import { known } from "../src/core/sample.ts";
import { autoscaler } from "../src/simulation/controllers/autoscaler_controller.ts";
import { run } from "../src/simulation/server/engine.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../src/simulation/server/scenario.ts";
import { DecisionLog } from "../src/wording/decision_log.ts";

/** A picture: its title, and what is simulated. */
export interface Picture {
  readonly title: string;
  readonly maxWorkers: number;
  readonly scenario: Scenario;
}

const waiting = (ms: number) => ({
  cpu: { kind: "constant", ms: 0 } as const,
  wait: { kind: "constant", ms } as const,
});
const phase = (seconds: number, ratePerSecond: number, serviceMs: number) => ({
  durationMs: 1000 * seconds,
  ratePerSecond,
  service: waiting(serviceMs),
});

/** File name without its ending -> picture. */
export const PICTURES: Readonly<Record<string, Picture>> = {
  "decides-burst": {
    title: "A burst: 5, then 60, then 5 requests/s of 100 ms",
    maxWorkers: 12,
    scenario: {
      ...DEFAULT_SCENARIO,
      seed: 2,
      load: [phase(5, 5, 100), phase(20, 60, 100), phase(15, 5, 100)],
    },
  },
  "decides-slow": {
    title: "A slow dependency: 3 requests/s that wait 400 ms, over an objective of 300 ms",
    maxWorkers: 12,
    scenario: { ...DEFAULT_SCENARIO, seed: 1, load: [phase(30, 3, 400)] },
  },
  "decides-long-boot": {
    title: "Workers that boot for 2 s: 5, then 40, then 5 requests/s of 100 ms",
    maxWorkers: 12,
    scenario: {
      ...DEFAULT_SCENARIO,
      seed: 1,
      bootMs: 2_000,
      load: [phase(5, 5, 100), phase(20, 40, 100), phase(35, 5, 100)],
    },
  },
};

/** A decision that is logged: what it says, and the workers it leads to. */
interface Logged {
  readonly atMs: number;
  readonly to: number;
  readonly text: string;
}

const WIDTH = 960, LEFT = 56, RIGHT = 24, TOP = 74, PLOT = 190, LINE = 21;
const STYLE = `
  svg { font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
  .card { fill: #ffffff; stroke: #d1d9e0; } .ink { fill: #1f2328; } .soft { fill: #59636e; }
  .grid { stroke: #d1d9e0; } .load { fill: #8c959f; fill-opacity: .38; }
  .workers { fill: none; stroke: #0969da; stroke-width: 2.5; stroke-linejoin: round; }
  .queue { fill: #d1242f; fill-opacity: .8; } .mark { fill: #0969da; } .number { fill: #ffffff; }
  .title { font-size: 20px; font-weight: 600; } .small { font-size: 13px; } .tiny { font-size: 11px; }
  .end { text-anchor: end; } .mid { text-anchor: middle; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d; } .ink { fill: #f0f6fc; } .soft { fill: #9198a1; }
    .grid { stroke: #30363d; } .load { fill: #9198a1; fill-opacity: .30; }
    .workers { stroke: #4493f8; } .queue { fill: #f85149; } .mark { fill: #1f6feb; }
  }`;

/** The picture as SVG; the same for the same law. */
export function drawPicture({ title, maxWorkers, scenario }: Picture): string {
  const moments: { atMs: number; alive: number; queued: number }[] = [];
  const logged: Logged[] = [];
  const log = new DecisionLog(() => DEFAULT_POLICY.sloP95Ms);
  const result = run(
    scenario,
    autoscaler({ ...DEFAULT_POLICY, maxWorkers }, {
      onTick(sample, decision) {
        const line = log.lineFor(decision);
        if (line !== undefined) logged.push({ atMs: sample.nowMs, to: decision.target, text: line.text });
        const { workers, queue } = sample;
        if (!known(workers)) return;
        const alive = workers.ready + workers.booting + workers.draining;
        moments.push({ atMs: sample.nowMs, alive, queued: known(queue) ? queue : 0 });
      },
    }),
  );
  const plotPx = WIDTH - LEFT - RIGHT;
  const top = Math.max(4, ...moments.map(({ alive, queued }) => Math.max(alive, queued))) + 1;
  const x = (ms: number) =>
    (LEFT + (Math.min(ms, result.durationMs) / result.durationMs) * plotPx).toFixed(1);
  const y = (count: number) => (TOP + PLOT * (1 - count / top)).toFixed(1);
  const alive = moments.map((m, i) => (i === 0 ? `M${x(0)} ${y(m.alive)}` : `H${x(m.atMs)}V${y(m.alive)}`));
  const queues = moments.filter((m) => m.queued > 0).map((m) =>
    `<path class="queue" d="M${x(m.atMs)} ${y(0)}V${y(m.queued)}h2V${y(0)}Z"/>`
  );
  const foot = TOP + PLOT + 44;
  const height = foot + LINE * logged.length + 8;
  const share = `${(100 * result.shareWithinSlo).toFixed(1)} % within ${result.sloMs} ms`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    escape(`${title}. ${logged.map(({ text }) => text).join(". ")}`)
  }">
<style>${STYLE}
</style>
<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
<text class="ink title" x="24" y="34">${escape(title)}</text>
<text class="soft small" x="24" y="55">grey: workers that the load keeps busy · blue: workers · red: requests that wait in the queue · ${share}, ${
    result.workerSeconds.toFixed(0)
  } worker-seconds</text>
<path class="load" d="${loadArea(scenario, x, y)}"/>
${queues.join("")}
<path class="workers" d="${alive.join("")}H${x(result.durationMs)}"/>
<path class="grid" d="M${LEFT} ${y(0)}H${WIDTH - RIGHT}"/>
${axis(top, result.durationMs, x, y)}
${
    apart(logged.map(({ atMs, to }) => ({ x: Number(x(atMs)), y: Number(y(to)) })))
      .map((at, i) => decision(logged[i]!, i + 1, at, foot + LINE * i)).join("\n")
  }
</svg>
`;
}

const MARK_PX = 8;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Points of marks, each moved to the right of those before that it would cover. */
function apart(points: readonly Point[]): Point[] {
  const placed: Point[] = [];
  for (const { x, y } of points) {
    const covered = placed.findLast((other) => Math.hypot(other.x - x, other.y - y) < 2 * MARK_PX);
    placed.push({ x: covered === undefined ? x : covered.x + 2 * MARK_PX + 1, y });
  }
  return placed;
}

/** The decision's mark on the line of workers, and its sentence below. */
function decision({ atMs, text }: Logged, number: number, at: Point, textY: number): string {
  const mark = (cx: number, cy: number) =>
    `<circle class="mark" cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${MARK_PX}"/>` +
    `<text class="number tiny mid" x="${cx.toFixed(1)}" y="${(cy + 4).toFixed(1)}">${number}</text>`;
  return `${mark(at.x, at.y)}${mark(34, textY - 4)}<text class="soft small end" x="${
    LEFT + 38
  }" y="${textY}">${(atMs / 1000).toFixed(1)} s</text><text class="ink small" x="${LEFT + 48}" y="${textY}">${
    escape(text)
  }</text>`;
}

function axis(
  top: number,
  durationMs: number,
  x: (ms: number) => string,
  y: (count: number) => string,
): string {
  const step = top > 20 ? 10 : 2;
  const counts = Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => step * i).map((count) =>
    `<text class="soft tiny end" x="${LEFT - 8}" y="${(Number(y(count)) + 4).toFixed(1)}">${count}</text>`
  );
  const seconds = Array.from({ length: Math.floor(durationMs / 5_000) + 1 }, (_, i) => 5 * i).map((second) =>
    `<text class="soft tiny mid" x="${x(1000 * second)}" y="${TOP + PLOT + 16}">${second} s</text>`
  );
  return [...counts, ...seconds].join("");
}

/** Rate times service time, over time. */
function loadArea(scenario: Scenario, x: (ms: number) => string, y: (count: number) => string): string {
  let atMs = 0, path = `M${x(0)} ${y(0)}`;
  for (const { durationMs, ratePerSecond, service } of scenario.load) {
    const { wait } = service ?? scenario.service;
    const busy = wait.kind === "constant" ? (ratePerSecond * wait.ms) / 1000 : 0;
    path += `H${x(atMs)}V${y(busy)}`;
    atMs += durationMs;
  }
  return `${path}H${x(atMs)}V${y(0)}Z`;
}

function escape(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
