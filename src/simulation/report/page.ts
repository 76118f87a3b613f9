import uplotScript from "npm:uplot@1.6.32/dist/uPlot.iife.min.js" with { type: "text" };
import uplotStyle from "npm:uplot@1.6.32/dist/uPlot.min.css" with { type: "text" };
import type { Result } from "./result.ts";
import { figures, header, meaning } from "./results_table.ts";
import chartsScript from "./charts.js" with { type: "text" };
import mark from "../../status/dashboard/favicon.svg" with { type: "text" };
import pageStyle from "./page.css" with { type: "text" };

/** What the page shows. */
export interface PageContent {
  readonly title: string;
  /** One sentence on what was simulated or recorded. */
  readonly subtitle: string;
  readonly sloMs: number;
  /** The first is shown in the charts at the start. */
  readonly results: readonly Result[];
  readonly foresight: Result | undefined;
}

/** One self-contained HTML page: figures and charts of load, pods, workers, queue and latency, each decision on hover. */
export function page(content: PageContent): string {
  const { title, subtitle, sloMs, results, foresight } = content;
  const all = foresight ? [...results, foresight] : results;
  const pods = results[0]?.pods !== undefined;
  const data = {
    sloMs,
    header: header(pods).map((name) => ({ name, title: meaning(name) })),
    runs: all.map((result) => ({
      name: result.controller,
      within: result.shareWithinSlo,
      figures: figures(result, foresight),
      changes: result.changes,
      timeline: result.timeline,
      pods: result.pods,
    })),
  };
  const json = JSON.stringify(data, (_key, value) => typeof value === "number" ? rounded(value) : value);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${uplotStyle}${pageStyle}</style>
</head>
<body>
<header>${mark}<div><h1>${escapeHtml(title)}</h1><p>${escapeHtml(subtitle)}</p></div></header>
<main>
<section class="card"><div class="scroll" tabindex="0" role="region" aria-label="Figures">
<table id="figures"></table></div>${
    all.length > 1
      ? "<p>A name in the table shows its run in the charts; one in a legend shows or hides it there.</p>"
      : ""
  }</section>
${chart("load", "Load", "requests per second")}
${pods ? chart("pods", "Pods", "and how full they are") : ""}
${
    chart(
      "workers",
      "Workers",
      `each dot a decision${pods ? " of one pod, at its own number" : ""}`,
      '<div id="why" aria-live="polite"></div>',
    )
  }
${chart("queue", "Queue", "requests waiting")}
${chart("latency", "Latency", `p95 from arrival to response; dashed: the SLO of ${sloMs} ms`)}
</main>
<script type="application/json" id="data">${json.replaceAll("<", "\\u003c")}</script>
<script>${uplotScript.replaceAll("</script", "<\\/script")}</script>
<script type="module">${chartsScript}</script>
</body>
</html>
`;
}

function chart(id: string, name: string, what: string, below = ""): string {
  return `<section class="card"><h2>${name} <span>${what}</span></h2><div class="chart" id="${id}"></div>${below}</section>`;
}

/** Four digits are enough for a chart and halve the page. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
