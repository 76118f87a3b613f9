import uplotScript from "npm:uplot@1.6.32/dist/uPlot.iife.min.js" with { type: "text" };
import uplotStyle from "npm:uplot@1.6.32/dist/uPlot.min.css" with { type: "text" };
import charts from "./charts.js" with { type: "text" };
import style from "./dashboard.css" with { type: "text" };
import script from "./dashboard.js" with { type: "text" };
import data from "./data.js" with { type: "text" };
import decisionMarks from "./decision_marks.js" with { type: "text" };
import dom from "./dom.js" with { type: "text" };
import lists from "./lists.js" with { type: "text" };
import theme from "./theme.js" with { type: "text" };
import icon from "./favicon.svg" with { type: "text" };
import format from "./format.js" with { type: "text" };
import page from "./page.html" with { type: "text" };
import panels from "./panels.js" with { type: "text" };
import chartSpecs from "./chart_specs.js" with { type: "text" };
import stream from "./stream.js" with { type: "text" };
import type { HttpAnswer } from "../http/http_message.ts";

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

const ASSETS: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ["/", [HTML, page]],
  ["/favicon.svg", ["image/svg+xml", icon]],
  ["/uplot.js", [SCRIPT, uplotScript]],
  ["/uplot.css", [CSS, uplotStyle]],
  ["/dashboard.css", [CSS, style]],
  ["/dashboard.js", [SCRIPT, script]],
  ["/charts.js", [SCRIPT, charts]],
  ["/data.js", [SCRIPT, data]],
  ["/decision_marks.js", [SCRIPT, decisionMarks]],
  ["/dom.js", [SCRIPT, dom]],
  ["/lists.js", [SCRIPT, lists]],
  ["/theme.js", [SCRIPT, theme]],
  ["/format.js", [SCRIPT, format]],
  ["/panels.js", [SCRIPT, panels]],
  ["/chart_specs.js", [SCRIPT, chartSpecs]],
  ["/stream.js", [SCRIPT, stream]],
]);

/** A file of the dashboard, all of them inside the program; undefined when there is none of that path. */
export function dashboardAsset(path: string): HttpAnswer | undefined {
  const asset = ASSETS.get(path);
  return asset === undefined ? undefined : { status: 200, type: asset[0], body: asset[1] };
}
