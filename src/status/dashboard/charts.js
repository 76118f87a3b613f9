// uPlot charts that share one cursor and one time axis, with legends that read the values under it.
import { drawDecisions } from "./decision_marks.js";
import { clock } from "./format.js";
import { color } from "./theme.js";

const { uPlot } = globalThis;
const stepped = uPlot.paths.stepped({ align: -1 });
// A server that has just started fills the charts from here on.
const SHORTEST_SPAN = 60;

export class Charts {
  #charts = [];
  #data;
  #span = 300;
  #root;
  #announce;
  #onCursor;

  // specs: [{id, title, unit, size, series: [{key, label, color, ...}], format, read?}]
  constructor(root, specs, data, { announce, onCursor }) {
    this.#root = root;
    this.#data = data;
    this.#announce = announce;
    this.#onCursor = onCursor;
    for (const spec of specs) this.#charts.push(this.#frame(spec));
    new ResizeObserver(() => this.#resize()).observe(root);
  }

  set span(seconds) {
    this.#span = seconds;
    this.update();
  }

  // Colours are painted into the canvas: another theme needs new charts.
  draw() {
    for (const chart of this.#charts) {
      chart.plot?.destroy();
      chart.plot = new uPlot(this.#options(chart), this.#columns(chart.spec), chart.place);
    }
    this.update();
  }

  update() {
    const max = this.#end();
    const first = (this.#data.columns.at[0] ?? 0) / 1000;
    const min = Math.max(max - this.#span, Math.min(first, max - SHORTEST_SPAN));
    for (const chart of this.#charts) {
      chart.plot.batch(() => {
        chart.plot.setData(this.#columns(chart.spec), false);
        chart.plot.setScale("x", { min, max });
      });
      this.#legend(chart);
    }
  }

  // Shows a decision under the cursor, or takes it away.
  mark(decision) {
    this.marked = decision;
    for (const chart of this.#charts) if (chart.spec.decisions) chart.plot.redraw(false);
    const chart = this.#charts.find(({ spec }) => spec.decisions);
    chart.tip.hidden = !decision;
    if (!decision) return;
    const left = chart.plot.valToPos(decision.ms / 1000, "x");
    if (left < 0 || left > chart.plot.over.clientWidth) return void (chart.tip.hidden = true);
    const heading = document.createElement("b");
    heading.textContent = `${clock(new Date(decision.ms))}  ${decision.from} → ${decision.to}`;
    chart.tip.replaceChildren(heading, decision.text);
    const over = chart.plot.over;
    const at = over.offsetLeft + left;
    const right = at > chart.place.clientWidth / 2;
    chart.tip.style.left = right ? "auto" : `${at + 12}px`;
    chart.tip.style.right = right ? `${chart.place.clientWidth - at + 12}px` : "auto";
    chart.tip.style.top = `${over.offsetTop + 8}px`;
  }

  #end() {
    const { at } = this.#data.columns;
    return (at[at.length - 1] ?? Date.now()) / 1000;
  }

  #columns(spec) {
    const { columns } = this.#data;
    const times = columns.at.map((at) => at / 1000);
    return [
      times,
      ...spec.series.map(({ key, read }) => read ? read(columns) : columns[key] ?? times.map(() => null)),
    ];
  }

  #frame(spec) {
    const figure = document.createElement("figure");
    figure.className = `card chart ${spec.size ?? ""}`;
    const caption = document.createElement("figcaption");
    const title = document.createElement("h2");
    title.id = `chart-${spec.id}`;
    title.append(spec.title, " ");
    const unit = document.createElement("span");
    unit.className = "unit";
    unit.textContent = spec.unit;
    title.append(unit);
    const legend = document.createElement("div");
    legend.className = "legend";
    caption.append(title, legend);
    const place = document.createElement("div");
    place.className = "plot";
    place.id = spec.id;
    place.tabIndex = 0;
    place.setAttribute("role", "img");
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    place.append(tip);
    figure.append(caption, place);
    if (spec.size === "large") this.#root.prepend(figure);
    else this.#root.append(figure);
    const chart = { spec, place, legend, tip, values: [], plot: undefined };
    for (const { label, color: name, dash } of spec.series) {
      const item = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.style.setProperty("--swatch", `var(--${name})`);
      if (dash) swatch.className = "dashed";
      const value = document.createElement("b");
      item.append(swatch, `${label} `, value);
      legend.append(item);
      chart.values.push(value);
    }
    place.addEventListener("keydown", (event) => this.#key(chart, event));
    place.addEventListener("blur", () => this.#leave(chart));
    return chart;
  }

  #options(chart) {
    const { spec, place } = chart;
    const axis = {
      stroke: color("dim"),
      font: "11px Inter, system-ui, sans-serif",
      grid: { stroke: color("grid"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: place.clientWidth || 300,
      height: spec.size === "large" ? 264 : 170,
      padding: [8, 30, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: "time" }, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: true },
        y: {
          range: (_plot, _min, max) => [
            0,
            Math.max(
              spec.least ?? 1,
              Math.min((max ?? 0) * 1.1, spec.most?.(this.#data.columns) ?? Infinity),
            ),
          ],
        },
      },
      axes: [
        {
          ...axis,
          size: 28,
          space: 70,
          values: (_plot, ticks) => ticks.map((at) => clock(new Date(at * 1000))),
        },
        {
          ...axis,
          size: spec.axisSize ?? 44,
          space: 36,
          incrs: spec.increments,
          values: (_plot, ticks) => ticks.map((tick) => spec.axis ? spec.axis(tick) : String(tick)),
        },
      ],
      series: [
        {},
        ...spec.series.map((one) => ({
          label: one.label,
          stroke: color(one.color),
          width: one.width ?? 1.75,
          ...(one.fill ? { fill: color(one.color, one.fill) } : {}),
          ...(one.dash ? { dash: [4, 4] } : {}),
          ...(one.stepped ? { paths: stepped } : {}),
          points: { show: false },
          spanGaps: false,
        })),
      ],
      hooks: {
        draw: [(plot) => spec.decisions && drawDecisions(plot, this.#data.decisions, this.marked)],
        setCursor: [(plot) => {
          this.#legend(chart);
          if (spec.decisions) {
            this.#onCursor(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : undefined);
          }
        }],
      },
    };
  }

  #legend(chart) {
    const { plot, spec, values, place } = chart;
    if (!plot) return;
    const index = plot.cursor.idx ?? plot.data[0].length - 1;
    // The legend shows the known value, also where `read` draws less of it.
    const { columns } = this.#data;
    const texts = spec.series.map(({ key, format }, i) =>
      (format ?? spec.format)((key ? columns[key]?.[index] : plot.data[i + 1][index]) ?? null)
    );
    texts.forEach((text, i) => {
      if (values[i].textContent !== text) values[i].textContent = text;
    });
    if (plot.cursor.idx == null) {
      place.setAttribute("aria-label", `${spec.title}. ${this.#words(chart, texts)}`);
    }
  }

  #words({ spec }, texts) {
    return spec.series.map((one, i) => `${one.label} ${texts[i]}`).join(", ");
  }

  #key(chart, event) {
    const { plot } = chart;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 }[event.key];
    if (event.key === "Escape") return this.#leave(chart);
    if (step === undefined && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    const times = plot.data[0];
    const first = Math.max(0, times.findIndex((at) => at >= plot.scales.x.min));
    const last = times.length - 1;
    let index = plot.cursor.idx ?? last;
    index = event.key === "Home"
      ? first
      : event.key === "End"
      ? last
      : Math.min(last, Math.max(first, index + step));
    if (!(index >= 0)) return;
    plot.setCursor({ left: plot.valToPos(times[index], "x"), top: 10 });
    const texts = chart.values.map((value) => value.textContent);
    this.#announce(`${clock(new Date(times[index] * 1000))}: ${this.#words(chart, texts)}`);
  }

  #leave({ plot }) {
    plot.setCursor({ left: -10, top: -10 });
  }

  #resize() {
    for (const { plot, place } of this.#charts) {
      if (plot && place.clientWidth > 0 && place.clientWidth !== plot.width) {
        plot.setSize({ width: place.clientWidth, height: plot.height });
      }
    }
  }
}
