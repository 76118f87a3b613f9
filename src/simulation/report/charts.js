// Draws the page: a table of figures, four charts that share one time axis, and the decision nearest to the cursor.
const { runs, sloMs, header } = JSON.parse(document.getElementById("data").textContent);
const COLORS = ["#2f7ed8", "#e8833a", "#22a06b", "#a55eea", "#d64550", "#8a939c", "#c9a227", "#17a2b8"];
const dark = matchMedia("(prefers-color-scheme: dark)");
// Workers and requests are whole numbers.
const WHOLE = [1, 10, 100, 1000, 10_000].flatMap((power) => [power, 2 * power, 5 * power]);
let chosen = 0;
let charts = [];

const styles = () => getComputedStyle(document.documentElement);
const color = (name) => styles().getPropertyValue(name).trim();
const seconds = (run) => run.timeline.alive.map((_, i) => (i + 1) * run.timeline.binMs / 1000);
const element = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });

function time(s) {
  if (s >= 3600) return `${Math.floor(s / 3600)}h${String(Math.floor(s % 3600 / 60)).padStart(2, "0")}`;
  return s >= 120
    ? `${Math.floor(s / 60)}m${String(Math.floor(s % 60)).padStart(2, "0")}`
    : `${+s.toFixed(1)}s`;
}

function table() {
  const thead = element("thead");
  thead.append(element("tr"));
  const shown = header.map((_, column) =>
    column === 0 || runs.some((run) => run.figures[column - 1] !== "-")
  );
  header.forEach(({ name, title = "" }, column) => {
    if (shown[column]) thead.firstChild.append(Object.assign(element("th", name), { scope: "col", title }));
  });
  const tbody = element("tbody");
  runs.forEach((run, i) => {
    const row = element("tr");
    const name = element("td");
    const button = element("button", run.name);
    button.setAttribute("aria-pressed", String(i === chosen));
    button.title = "Show this one in the charts";
    button.onclick = () => choose(i);
    const swatch = element("span");
    swatch.className = "swatch";
    swatch.style.background = COLORS[i % COLORS.length];
    name.append(swatch, button);
    row.append(name);
    run.figures.forEach((text, column) => {
      if (!shown[column + 1]) return;
      const cell = element("td", text);
      if (column === 0) cell.className = run.within >= 0.995 ? "good" : run.within < 0.95 ? "bad" : "";
      row.append(cell);
    });
    tbody.append(row);
  });
  document.getElementById("figures").replaceChildren(thead, tbody);
}

function choose(i) {
  chosen = i;
  table();
  draw();
}

// A decision stands out as a dot on the workers' line; hovering shows its reason.
function nearestChange(atSeconds) {
  let best = null;
  for (const change of runs[chosen].changes) {
    if (!best || Math.abs(change.atMs / 1000 - atSeconds) < Math.abs(best.atMs / 1000 - atSeconds)) {
      best = change;
    }
  }
  return best;
}

function explain(atSeconds) {
  const why = document.getElementById("why");
  const change = nearestChange(atSeconds);
  why.replaceChildren();
  if (!change) return why.append(element("small", "No change of the number of workers."));
  why.append(
    element(
      "small",
      `${runs[chosen].name}, at ${time(change.atMs / 1000)}: ${change.from} → ${change.to} workers`,
    ),
    element("br"),
    change.reason,
  );
}

const changeDots = {
  hooks: {
    draw: [(u) => {
      u.ctx.save();
      u.ctx.fillStyle = color("--text");
      for (const change of runs[chosen].changes) {
        const at = change.atMs / 1000;
        if (at < u.scales.x.min || at > u.scales.x.max) continue;
        u.ctx.beginPath();
        u.ctx.arc(
          u.valToPos(at, "x", true),
          u.valToPos(change.to, "y", true),
          2.5 * devicePixelRatio,
          0,
          2 * Math.PI,
        );
        u.ctx.fill();
      }
      u.ctx.restore();
    }],
    setCursor: [(u) => {
      if (u.cursor.left >= 0) explain(u.posToVal(u.cursor.left, "x"));
    }],
  },
};

const sloLine = {
  hooks: {
    draw: [(u) => {
      const y = u.valToPos(sloMs, "y", true);
      if (!(y > u.bbox.top && y < u.bbox.top + u.bbox.height)) return;
      u.ctx.save();
      u.ctx.strokeStyle = color("--bad");
      u.ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
      u.ctx.beginPath();
      u.ctx.moveTo(u.bbox.left, y);
      u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
      u.ctx.stroke();
      u.ctx.restore();
    }],
  },
};

function options(id, series, plugins, more = {}) {
  const axis = {
    stroke: color("--dim"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: "11px Inter, system-ui, sans-serif",
  };
  return {
    width: document.getElementById(id).clientWidth - 8,
    height: id === "workers" ? 240 : 150,
    cursor: { sync: { key: "time" }, drag: { x: true, y: false } },
    scales: {
      x: { time: false },
      y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.08)] },
      ...more.scales,
    },
    axes: [
      { ...axis, size: 30, values: (_u, ticks) => ticks.map(time) },
      { ...axis, size: 48, incrs: WHOLE, ...more.axis },
    ],
    series: [{ label: "time", value: (_u, s) => s == null ? "" : time(s) }, ...series],
    plugins,
    hooks: {
      setScale: [(u, key) => {
        if (key !== "x") return;
        const { min, max } = u.scales.x;
        for (const other of charts) {
          if (other !== u && (other.scales.x.min !== min || other.scales.x.max !== max)) {
            other.setScale("x", { min, max });
          }
        }
      }],
    },
  };
}

const stepped = uPlot.paths.stepped({ align: -1 });
const number = (_u, value) => value == null ? "" : String(+value.toFixed(1));
const line = (label, stroke, more = {}) => ({
  label,
  stroke,
  width: 1.5,
  points: { show: false },
  value: number,
  ...more,
});

function draw() {
  for (const chart of charts) chart.destroy();
  charts = [];
  const run = runs[chosen];
  const x = seconds(run);
  const own = COLORS[chosen % COLORS.length];
  const others = runs.map((other, i) => ({ other, i })).filter(({ i }) => i !== chosen);
  // Perfect foresight follows every wiggle: beside others it would hide them.
  const rivals = others.filter(({ other }) => other.name !== "perfect foresight");
  const isShown = ({ i }) => rivals.length <= 3 && rivals.some((one) => one.i === i);
  const add = (id, series, data, plugins = [], more = {}) => {
    charts.push(new uPlot(options(id, series, plugins, more), [x, ...data], document.getElementById(id)));
  };
  add("load", [line("requests/s", own, { fill: own + "22" })], [run.timeline.offeredPerSecond]);
  if (run.pods) {
    add(
      "pods",
      [
        line(`${run.name}: pods`, own, { paths: stepped, width: 2, fill: own + "22" }),
        line("ready", color("--dim"), { paths: stepped, width: 1 }),
        line("saturation", color("--bad"), { width: 1 }),
      ],
      [run.pods.there, run.pods.ready, run.pods.saturation],
    );
  }
  add(
    "workers",
    [
      line(`${run.name}: alive`, own, { paths: stepped, width: 2, fill: own + "22" }),
      line("busy", color("--dim"), { width: 1 }),
      ...others.map(({ other, i }) =>
        line(other.name, COLORS[i % COLORS.length], { paths: stepped, width: 1.25, show: isShown({ i }) })
      ),
    ],
    [run.timeline.alive, run.timeline.busy, ...others.map(({ other }) => other.timeline.alive)],
    [changeDots],
  );
  add("queue", [line("waiting requests", own, { fill: own + "22" })], [run.timeline.queue]);
  const floor = (values) => values.map((value) => value == null ? null : Math.max(1, value));
  add(
    "latency",
    [
      line(`${run.name}: p95 ms`, own),
      ...others.map(({ other, i }) =>
        line(other.name, COLORS[i % COLORS.length], { width: 1.25, show: isShown({ i }) })
      ),
    ],
    [floor(run.timeline.p95Ms), ...others.map(({ other }) => floor(other.timeline.p95Ms))],
    [sloLine],
    {
      scales: {
        y: {
          distr: 3,
          log: 10,
          // From the power of ten below what is there: an axis from 1 ms would be empty for the most part.
          range: (_u, min, max) => [
            10 ** Math.floor(Math.log10(Math.max(1, Math.min(min || 1, sloMs / 2)))),
            Math.max(sloMs * 2, max || 1) * 1.3,
          ],
        },
      },
      axis: {
        splits: (_u, _axis, min, max) => [1, 10, 100, 1000, 10_000].filter((ms) => ms >= min && ms <= max),
        values: (_u, ticks) => ticks.map((ms) => ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`),
        filter: (_u, ticks) => ticks,
      },
    },
  );
}

table();
draw();
explain(0);
let redraw = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(redraw);
  redraw = requestAnimationFrame(() => {
    for (const chart of charts) {
      chart.setSize({ width: chart.root.parentElement.clientWidth - 8, height: chart.height });
    }
  });
});
dark.addEventListener("change", draw);
