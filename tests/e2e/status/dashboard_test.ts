import { assert, assertEquals, assertGreaterOrEqual, assertMatch, assertNotEquals } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { type Autoscaled, autoscaled } from "../../support/autoscaled.ts";
import { browserTest, openPage, type Page } from "../../support/chromium.ts";
import { freeTcpPort, freeUdpPort } from "../../support/port.ts";
import { command } from "../../support/running_commands.ts";

const OWN = ["--min-workers", "2", "--max-workers", "8"];

function served(statusPort: number): Promise<Autoscaled> {
  return autoscaled({ own: [...OWN, "--status-addr", `127.0.0.1:${statusPort}`] });
}

/** The value that a chart's legend shows: `legend(page, "workers", "ready")`. */
function legend(chart: string, label: string): string {
  return `[...document.getElementById("chart-${chart}").parentElement.querySelectorAll(".legend span")]
    .find((item) => item.textContent.startsWith(${JSON.stringify(label)}))?.querySelector("b").textContent`;
}

/** What is painted in a chart, as a number that changes with it. */
function painted(chart: string): string {
  return `[...document.querySelector("#chart-${chart} canvas").toDataURL()]
    .reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1000000007, 0)`;
}

async function texts(page: Page, selector: string): Promise<string[]> {
  return await page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((node) => node.textContent)`,
  );
}

browserTest(
  "the page loads, its charts move in a burst, and decisions read as in the log and in explain",
  async (chromium) => {
    const statusPort = freeTcpPort();
    await using it = await served(statusPort);
    await using page = await openPage(chromium);
    await page.open(`http://127.0.0.1:${statusPort}/`);
    await page.until(`document.getElementById("order").textContent === "scaling automatically"`);
    await page.until(`${legend("workers", "ready")} === "2"`);
    assertEquals(await page.evaluate(`document.getElementById("application").textContent`), "wsgi:app");
    const before: Record<string, number> = {};
    const charts = ["workers", "requests", "time", "queue", "cpu", "memory"];
    for (const chart of charts) before[chart] = await page.evaluate(painted(chart));

    const load = runLoad({ port: it.port, phases: parsePhases("60x7s:/sleep/100"), arrivals: "uniform" });
    await page.until(`Number(${legend("workers", "ready")}) >= 6`);
    await page.until(`Number(${legend("requests", "answered")}) > 40`);
    await page.until(`parseFloat(${legend("time", "p95")}) >= 90`);
    await page.until(`document.querySelectorAll("#workers tr").length >= 6`);
    await page.until(`${legend("requests", "failed")} === "0"`);
    await load;
    for (const chart of charts) assertNotEquals(await page.evaluate(painted(chart)), before[chart], chart);
    const [row] = await texts(page, "#workers tr");
    assert(/^\d+ready\d+ .*%.*MiB$/.test(row!), row);

    await it.untilWorkers(2, 20_000);
    await page.until(`${legend("workers", "ready")} === "2"`);
    const shown = (await texts(page, "#decisions .text")).reverse();
    const logged = it.log().split("\n").flatMap((line) => {
      const text = /autoscaler: (.*(?:grow|shrink|hold) .*)$/.exec(line)?.[1];
      return text === undefined ? [] : [text];
    });
    const explained = JSON.parse((await command(it, "explain", "100", "--json")).stdout) as {
      text: string;
    }[];
    assertGreaterOrEqual(logged.length, 2);
    assertEquals(shown, logged);
    assertEquals(explained.map(({ text }) => text), logged);
    // A decision under the pointer is marked and can be read in the chart.
    await page.evaluate(
      `document.querySelector("#decisions li").dispatchEvent(new PointerEvent("pointerenter"))`,
    );
    await page.until(
      `document.querySelector(".tip:not([hidden])")?.textContent.includes(${JSON.stringify(logged.at(-1))})`,
    );
    assertEquals(page.problems, []);
  },
);

browserTest("the page finds the server again after a restart, and keeps what it knew", async (chromium) => {
  const statusPort = freeTcpPort();
  await using page = await openPage(chromium);
  {
    await using it = await served(statusPort);
    await page.open(`http://127.0.0.1:${statusPort}/`);
    await page.until(`${legend("workers", "ready")} === "2"`);
    await command(it, "scale", "4");
    await page.until(`${legend("workers", "ready")} === "4"`);
    await page.until(`document.getElementById("order").textContent === "pinned at 4 workers by hand"`);
    await page.until(`!document.getElementById("held").hidden`);
    await command(it, "set", "fork-server=on");
    await page.until(`/^Fork server: pid/.test(document.getElementById("fork-server").textContent)`);
    assertEquals(page.problems, []);
  }
  await page.until(`!document.getElementById("lost").hidden`);
  const lost = await page.evaluate<string>(`document.getElementById("lost").textContent`);
  assertMatch(lost, /^No connection since \d+:\d\d:\d\d.*: all figures are from then\. Trying again/);
  await using _again = await served(statusPort);
  await page.until(`document.getElementById("lost").hidden`, 20_000);
  // A restart is automatic again: a pin does not outlive the process.
  await page.until(`document.getElementById("order").textContent === "scaling automatically"`);
  await page.until(`${legend("workers", "ready")} === "2"`);
  const decisions = await texts(page, "#decisions .text");
  assert(decisions.includes("pinned by hand: grow from 2 to 4 workers"), decisions.join("; "));
  // Only the lost connection itself was reported.
  const others = page.problems.filter((problem) =>
    !/net::ERR_(CONNECTION|INCOMPLETE|EMPTY|SOCKET)/.test(problem)
  );
  assertEquals(others, []);
});

browserTest("what is not known without the probe is a dash on the page, and not a 0", async (chromium) => {
  const statusPort = freeTcpPort();
  const own = ["--probe", "off", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`];
  await using _it = await autoscaled({ own: [...own, "--status-addr", `127.0.0.1:${statusPort}`] });
  await using page = await openPage(chromium);
  await page.open(`http://127.0.0.1:${statusPort}/`);
  await page.until(`${legend("workers", "ready")} === "2"`);
  assertEquals(await page.evaluate(legend("requests", "failed")), "–");
  assertEquals(await page.evaluate(legend("queue", "in flight")), "–");
});

browserTest("the page works at 360 px, in the dark, and from the keyboard", async (chromium) => {
  const statusPort = freeTcpPort();
  await using _it = await served(statusPort);
  await using page = await openPage(chromium);
  await page.resize(360, 740);
  await page.open(`http://127.0.0.1:${statusPort}/`);
  await page.until(`${legend("workers", "ready")} === "2"`);
  await page.until(`document.querySelectorAll("#workers tr").length === 2`);
  assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 360);
  const cut = await page.evaluate(`(() => {
    const { right } = document.querySelector("table").parentElement.getBoundingClientRect();
    return [...document.querySelectorAll("td, th")].filter((cell) => cell.getBoundingClientRect().right > right + 1).length;
  })()`);
  assertEquals(cut, 0);

  const back = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const light = await back();
  const lightChart = await page.evaluate(painted("workers"));
  await page.resize(360, 740, true);
  await page.until(`getComputedStyle(document.body).backgroundColor !== ${JSON.stringify(light)}`);
  await page.until(`${painted("workers")} !== ${lightChart}`);
  await page.evaluate(`document.getElementById("theme").click()`);
  await page.until(`getComputedStyle(document.body).backgroundColor === ${JSON.stringify(light)}`);

  // Tab reaches the time buttons, and the arrows read a chart second by second.
  for (let i = 0; i < 3; i++) await page.press("Tab");
  assertEquals(await page.evaluate(`document.activeElement.textContent`), "5 min");
  await page.evaluate(`document.querySelector('[data-span="60"]').click()`);
  await page.until(`document.querySelector('[data-span="60"]').getAttribute("aria-pressed") === "true"`);
  await page.evaluate(`document.getElementById("chart-workers").focus()`);
  await page.press("ArrowLeft");
  await page.until(`/^\\d+:\\d+:\\d+: ready \\d/.test(document.getElementById("announcement").textContent)`);
  assert(
    (await page.evaluate<string>(`document.getElementById("chart-memory").getAttribute("aria-label")`))
      .startsWith("Memory. used "),
  );
  // Nothing that can be focused is without a name.
  const nameless = await page.evaluate(`[...document.querySelectorAll("button, a, [tabindex='0']")]
    .filter((node) => !(node.textContent.trim() || node.getAttribute("aria-label") || node.getAttribute("aria-labelledby"))).length`);
  assertEquals(nameless, 0);
  assertEquals(page.problems, []);
});

browserTest("the page works where the browser keeps nothing for pages", async (chromium) => {
  const statusPort = freeTcpPort();
  await using _it = await served(statusPort);
  await using page = await openPage(chromium, "--disable-local-storage");
  await page.open(`http://127.0.0.1:${statusPort}/`);
  await page.until(`${legend("workers", "ready")} === "2"`);
  const theme = () => page.evaluate<string | undefined>("document.documentElement.dataset.theme");
  assertEquals(await theme(), undefined);
  await page.evaluate(`document.getElementById("theme").click()`);
  assertMatch(await theme() ?? "", /^(dark|light)$/);
  assertEquals(page.problems, []);
});
