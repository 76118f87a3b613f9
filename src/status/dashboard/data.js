// The last ten minutes, as the columns that charts draw from, and the decisions.
const MOST_POINTS = 600;
const MOST_DECISIONS = 200;

export class Data {
  columns = { at: [] };
  decisions = [];
  #startedAt;
  #lastId = 0;

  // A server that was restarted knows nothing of before: what we have stays on the page, with a gap.
  history(columns) {
    const first = columns.at[0] ?? Infinity;
    const old = this.columns;
    const kept = old.at.filter((at) => at < first).length;
    const joined = {};
    for (const name of Object.keys(columns)) {
      const before = (old[name] ?? []).slice(0, kept);
      if (kept > 0 && first - old.at[kept - 1] > 3000) {
        before.push(name === "at" ? old.at[kept - 1] + 1000 : null);
      }
      joined[name] = [...before, ...columns[name]].slice(-MOST_POINTS);
    }
    this.columns = joined;
  }

  // Returns the decisions that are new to the page.
  status(report) {
    const point = report.latest;
    const { at } = this.columns;
    if (point !== "unknown" && point.at > (at[at.length - 1] ?? 0)) {
      for (const name of Object.keys(point)) {
        const column = this.columns[name] ??= at.map(() => null);
        column.push(point[name]);
        if (column.length > MOST_POINTS) column.shift();
      }
    }
    if (report.startedAt !== this.#startedAt) this.#lastId = 0;
    this.#startedAt = report.startedAt;
    const fresh = report.decisions.filter((decision) => decision.id > this.#lastId);
    const missed = report.decisionCount - this.#lastId > fresh.length && report.decisionCount > fresh.length;
    this.#lastId = report.decisionCount;
    for (const decision of fresh) this.decisions.push({ ...decision, ms: Date.parse(decision.at) });
    if (this.decisions.length > MOST_DECISIONS) {
      this.decisions.splice(0, this.decisions.length - MOST_DECISIONS);
    }
    return { fresh, missed };
  }

  // Decisions that did not come over the stream, from /status.
  fill(report) {
    const have = new Set(this.decisions.map(({ at, id }) => `${at} ${id}`));
    for (const decision of report.decisions) {
      if (!have.has(`${decision.at} ${decision.id}`)) {
        this.decisions.push({ ...decision, ms: Date.parse(decision.at) });
      }
    }
    this.decisions.sort((a, b) => a.ms - b.ms);
  }
}
