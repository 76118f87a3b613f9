// The page: follows the server's events, keeps the last ten minutes, and shows them.
import { Charts } from "./charts.js";
import { Data } from "./data.js";
import { $ } from "./dom.js";
import { clock } from "./format.js";
import { markDecision, showDecisions, showWorkers } from "./lists.js";
import { showFigures, showHead, showWhy } from "./panels.js";
import { chartSpecs } from "./chart_specs.js";
import { follow } from "./stream.js";
import { savedTheme, saveTheme } from "./theme.js";

const data = new Data();
const live = { objectiveMs: null, memoryShare: 0.9 };
// The decision nearest to the cursor, if any is within so many seconds of it per minute shown.
const NEAR_SHARE = 0.015;
let span = 300;
let version, latest;

const announce = (text) => $("announcement").textContent = text;
const charts = new Charts($("charts"), chartSpecs(live), data, {
  announce,
  onCursor: (at) => point(at === undefined ? undefined : nearest(at)),
});

function nearest(atSeconds) {
  let best, least = span * NEAR_SHARE;
  for (const decision of data.decisions) {
    const distance = Math.abs(decision.ms / 1000 - atSeconds);
    if (distance <= least) [best, least] = [decision, distance];
  }
  return best;
}

function point(decision) {
  if (decision === charts.marked) return;
  charts.mark(decision);
  markDecision(decision);
}

function show(report) {
  live.objectiveMs = report.objectiveP95Seconds * 1000;
  if (report.memory !== "unknown") live.memoryShare = report.memory.share;
  showHead(report);
  if (document.hidden) return;
  showFigures(report);
  showWhy(report);
  showWorkers(report.workers);
  showDecisions(data.decisions, point);
  charts.update();
}

function connected(is) {
  const was = !$("lost").hidden;
  $("lost").hidden = is;
  document.body.toggleAttribute("data-lost", !is);
  if (is || was) return;
  const since = latest === undefined
    ? ""
    : ` since ${clock(new Date(latest.now))}: all figures are from then`;
  $("lost").textContent = `No connection${since}. Trying again; gunicorn may well be running.`;
  $("order").dataset.state = "lost";
  $("order").textContent = "connection lost";
}

follow({
  onLost: () => connected(false),
  onHistory: (columns) => data.history(columns),
  onStatus: async (report) => {
    // A server of another version has another page.
    if (version !== undefined && report.version !== version) return location.reload();
    version = report.version;
    latest = report;
    connected(true);
    const { fresh, missed } = data.status(report);
    const moved = fresh.filter(({ action }) => action !== "hold");
    if (moved.length > 0 && moved.length < 4) {
      $("news").textContent = moved.map(({ text }) => text).join(". ");
    }
    show(report);
    if (!missed) return;
    const all = await fetch("/status").then((response) => response.json()).catch(() => undefined);
    if (all === undefined) return;
    data.fill(all);
    showDecisions(data.decisions, point);
  },
});

for (const button of document.querySelectorAll("[data-span]")) {
  button.addEventListener("click", () => {
    span = Number(button.dataset.span);
    for (const other of document.querySelectorAll("[data-span]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    charts.span = span;
  });
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  charts.draw();
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const saved = savedTheme();
if (saved === null) charts.draw();
else theme(saved);
$("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  theme(next);
  saveTheme(next);
});
dark.addEventListener("change", () => charts.draw());
document.addEventListener("visibilitychange", () => !document.hidden && latest && show(latest));
