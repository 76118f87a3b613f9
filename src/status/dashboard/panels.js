// What the page says of now: head, figures, and why there are this many workers.
import { $, element, setText } from "./dom.js";
import { bytes, duration, known, milliseconds, number, percent } from "./format.js";

export function showHead(report) {
  setText($("application"), report.application);
  const workerClass = report.gunicorn.workerClass === "unknown"
    ? ""
    : `, ${report.gunicorn.workerClass} workers`;
  const gunicorn = known(report.gunicorn.version) ? `gunicorn ${report.gunicorn.version}` : "gunicorn";
  setText($("subtitle"), `${gunicorn}${workerClass}, up ${duration(report.uptimeSeconds)}`);
  const pill = $("order");
  pill.dataset.state = report.dryRun ? "dry" : report.order.kind;
  setText(pill, report.dryRun ? "dry run" : report.order.text);
  const held = $("held");
  const hint = report.dryRun
    ? "Dry run: decisions are logged, but the number of workers does not change."
    : report.order.kind === "auto"
    ? ""
    : `Held by hand (${report.order.text}). Back to automatic with: gunicorn-autoscaler resume`;
  setText(held, hint);
  held.hidden = hint === "";
  setText($("about"), `gunicorn-autoscaler ${report.version}, pid ${report.pid}`);
  document.title = `${
    known(report.workers.ready) ? report.workers.ready : "–"
  } workers · ${report.application}`;
}

const figures = new Map();

// One figure of the top row; made once, then only its texts change.
function figure(name, value, unit, note, level) {
  let parts = figures.get(name);
  if (!parts) {
    const number = element("span");
    const small = element("small");
    const noteLine = element("dd", { className: "note" });
    const card = element(
      "div",
      { className: "card figure" },
      element(
        "dl",
        {},
        element("dt", { text: name }),
        element("dd", { className: "value" }, number, small),
        noteLine,
      ),
    );
    $("figures").append(card);
    figures.set(name, parts = { card, number, small, noteLine });
  }
  setText(parts.number, value);
  setText(parts.small, unit);
  setText(parts.noteLine, note);
  parts.card.dataset.level = level ?? "";
}

export function showFigures(report) {
  const { workers, traffic, bounds, cpu, memory } = report;
  const moving = [
    known(workers.booting) && workers.booting > 0 ? `${workers.booting} booting` : "",
    known(workers.draining) && workers.draining > 0 ? `${workers.draining} draining` : "",
  ].filter(Boolean).join(", ");
  const asleep = report.sleep && known(report.sleep.asleepSince) ? report.sleep.text.split(";")[0] : "";
  const isFull = known(report.saturation) && report.saturation > 1;
  figure(
    "Workers",
    number(workers.ready, 0),
    `of ${report.target}`,
    moving || asleep ||
      (isFull ? `${report.wanted} wanted, ` : `${bounds.min} to `) + `${bounds.effective.workers} allowed`,
    isFull ? "warn" : "",
  );
  figure(
    "Requests",
    number(traffic.requestsPerSecond),
    "/s arriving",
    known(traffic.utilization) ? `workers ${percent(traffic.utilization)} busy` : "",
  );
  const late = (known(traffic.p95Seconds) && traffic.p95Seconds > report.objectiveP95Seconds) ||
    (known(report.latest) && known(report.latest.waitP95Ms) &&
      report.latest.waitP95Ms > report.objectiveP95Seconds * 1000);
  const [time, unit] = milliseconds(known(traffic.p95Seconds) ? traffic.p95Seconds * 1000 : null).split(" ");
  figure(
    "p95 service time",
    time,
    `${unit ?? ""} of ${milliseconds(report.objectiveP95Seconds * 1000)}`.trim(),
    waited(report.latest),
    late ? "bad" : "",
  );
  figure(
    "Waiting",
    number(traffic.queued, 0),
    "requests",
    known(traffic.inFlight) ? `${traffic.inFlight} in flight` : "",
    known(traffic.queued) && known(workers.ready) && traffic.queued > 2 * workers.ready ? "warn" : "",
  );
  figure(
    "CPU of workers",
    known(cpu) ? number(cpu.workerCores, 2) : "–",
    known(cpu) ? `of ${number(cpu.limitCores)} cores` : "",
    known(cpu) ? `${number(cpu.usedCores, 2)} used in all` : "not known",
    known(cpu) && cpu.throttledShare > 0.1 ? "warn" : "",
  );
  const isWeighed = known(memory) && !memory.isAssumed;
  const [size, sizeUnit] = bytes(isWeighed ? memory.workerBytes : null).split(" ");
  figure(
    "Memory a worker",
    size,
    sizeUnit ?? "",
    known(memory) ? `${bytes(memory.usedBytes)} of ${bytes(memory.limitBytes)} used` : "not known",
    known(memory) && memory.usedBytes > memory.limitBytes * memory.share ? "warn" : "",
  );
}

// What requests waited before a worker took them: it counts against the objective too.
function waited(latest) {
  return known(latest) && known(latest.waitP95Ms) ? `${milliseconds(latest.waitP95Ms)} wait before it` : "";
}

const SIGNAL_NAMES = {
  load: "load",
  burst: "burst",
  queue: "queue",
  concurrency: "requests in flight",
  cpu: "CPU",
  loop: "busy loops",
  slo: "response time",
  "blocked-loop": "blocked loop",
  probe: "probe",
  "accept-queue": "accept queue",
  statsd: "StatsD",
  memory: "memory",
};
// Bars end at this many times the maximum; larger bounds have no effect and are not drawn.
const ROOM = 1.6;
const FAR = 4;
const BOUND_NAMES = {
  configured: "maximum",
  memory: "memory",
  cpu: "CPU",
  "boot-failures": "failed boot",
  "first-boot": "first boot",
  "oom-kill": "OOM kill",
};

function bar(label, workers, most, lead, title) {
  const fill = element("span", { className: "fill" });
  fill.style.width = `${Math.min(100, (workers / Math.max(1, most)) * 100)}%`;
  return element(
    "li",
    { "data-lead": lead, title },
    element("span", { text: label }),
    element("span", { className: "track", "aria-hidden": "true" }, fill),
    element("span", { className: "count", text: String(workers) }),
  );
}

export function showWhy(report) {
  const { sleep } = report;
  setText($("why"), report.decision.text);
  setText($("sleep"), sleep?.text ?? "");
  $("sleep").hidden = !sleep?.text;
  const forkServer = known(report.gunicorn.forkServer) ? report.gunicorn.forkServer.text : "";
  setText($("fork-server"), forkServer && `Fork server: ${forkServer}`);
  $("fork-server").hidden = !forkServer;
  const { demand, bounds } = report;
  const signals = known(demand) ? demand.bySignal : [];
  // A stampede may ask for hundreds: the bars show the room there is, the numbers beside them how much was asked for.
  const most = Math.min(ROOM * bounds.max, Math.max(bounds.max, ...signals.map(({ workers }) => workers)));
  $("demand").replaceChildren(
    ...(signals.length === 0
      ? [
        element("li", {
          className: "none",
          text: known(demand)
            ? "none asks for more than one"
            : known(sleep?.asleepSince)
            ? "no requests"
            : "no signal yet",
        }),
      ]
      : signals.map(({ signal, workers }) =>
        bar(SIGNAL_NAMES[signal] ?? signal, workers, most, known(demand) && signal === demand.leading)
      )),
  );
  $("bounds").replaceChildren(
    ...bounds.all.filter(({ workers }) => workers <= FAR * bounds.max).map(({ code, workers, text }) =>
      bar(BOUND_NAMES[code] ?? code, workers, most, false, text)
    ),
    bar("minimum", bounds.min, most, false),
  );
  $("signals").replaceChildren(...report.signals.map(({ name, ageSeconds }) => {
    const level = !known(ageSeconds) ? "none" : ageSeconds > 2 ? "stale" : "fresh";
    const state = level === "none"
      ? "not in use"
      : level === "stale"
      ? `${duration(ageSeconds)} old`
      : "live";
    return element("li", {
      "data-level": level,
      text: `${SIGNAL_NAMES[name] ?? name}${level === "stale" ? `, ${state}` : ""}`,
      title: state,
    });
  }));
}
