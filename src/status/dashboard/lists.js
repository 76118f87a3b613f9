// The lists of the page: decisions and workers.
import { $, element, setText } from "./dom.js";
import { bytes, clock, duration, known, number, percent } from "./format.js";

let listed = 0;

// Newest first. `onPoint(decision | undefined)`: the pointer or the focus is on one.
export function showDecisions(decisions, onPoint) {
  const list = $("decisions");
  const newest = decisions[decisions.length - 1];
  const key = newest ? `${decisions.length} ${newest.at} ${newest.id}` : "none";
  if (key === listed) return;
  listed = key;
  if (!newest) {
    const text = "No decision yet: the number of workers has been right so far.";
    return list.replaceChildren(element("li", { className: "none", text }));
  }
  const at = list.scrollTop;
  list.replaceChildren(
    ...decisions.slice(-100).reverse().map((decision) => {
      const moved = decision.action === "hold" ? `hold ${decision.to}` : `${decision.from} → ${decision.to}`;
      const item = element(
        "li",
        { "data-at": decision.ms },
        element("time", { datetime: decision.at, text: clock(new Date(decision.ms)) }),
        element("span", { className: "move", "data-action": decision.action, text: moved }),
        element("span", { className: "text", text: decision.text }),
      );
      item.addEventListener("pointerenter", () => onPoint(decision));
      item.addEventListener("pointerleave", () => onPoint(undefined));
      return item;
    }),
  );
  list.scrollTop = at;
}

export function markDecision(decision) {
  for (const item of $("decisions").children) {
    item.toggleAttribute("data-marked", decision !== undefined && item.dataset.at === String(decision.ms));
  }
}

const rows = new Map();

export function showWorkers({ list }) {
  const body = $("workers");
  const seen = new Set();
  for (const worker of list) {
    seen.add(worker.pid);
    let row = rows.get(worker.pid);
    if (!row) {
      const share = element("span", { className: "share" });
      const fill = element("span", { className: "fill" });
      const track = element("span", { className: "track", "aria-hidden": "true" }, fill);
      const state = element("span", { className: "state" });
      const cells = {
        age: element("td", { className: "number" }),
        busy: element("td", { className: "busy" }, element("div", {}, track, share)),
        inFlight: element("td", { className: "number wide" }),
        requests: element("td", { className: "number wide" }),
        cores: element("td", { className: "number wide" }),
        pss: element("td", { className: "number" }),
      };
      const tr = element(
        "tr",
        {},
        element("th", { scope: "row", text: String(worker.pid) }),
        element("td", {}, state),
      );
      tr.append(...Object.values(cells));
      rows.set(worker.pid, row = { tr, state, share, fill, cells });
    }
    setText(row.state, worker.state);
    row.state.dataset.state = worker.state;
    setText(row.cells.age, duration(worker.ageSeconds));
    setText(row.share, percent(worker.busyShare));
    row.fill.style.width = known(worker.busyShare) ? `${worker.busyShare * 100}%` : "0";
    setText(row.cells.inFlight, number(worker.inFlight, 0));
    setText(row.cells.requests, number(worker.requests, 0));
    setText(row.cells.cores, number(worker.cores, 2));
    setText(row.cells.pss, bytes(worker.pssBytes));
    body.append(row.tr);
  }
  for (const [pid, { tr }] of rows) {
    if (seen.has(pid)) continue;
    tr.remove();
    rows.delete(pid);
  }
}
