import { assert, assertEquals } from "@std/assert";
import { dashboardAsset } from "../../src/status/dashboard/assets.ts";
import { eventFrame, eventStreamHead, textAnswer } from "../../src/status/http/http_message.ts";
import { HttpServer, writeAll } from "../../src/status/http/http_server.ts";
import { type Autoscaled, autoscaled } from "../support/autoscaled.ts";
import { browserTest, openPage } from "../support/chromium.ts";
import { get } from "../support/http.ts";
import { freeTcpPort } from "../support/port.ts";
import { controlSocket } from "../support/running_commands.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";

const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

Deno.test("the page's own code never makes HTML of text, whatever the text", () => {
  const folder = new URL("../../src/status/dashboard/", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".js")) continue;
    const code = Deno.readTextFileSync(new URL(name, folder));
    const found =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|javascript:/.exec(
        code,
      );
    assertEquals(found?.[0], undefined, name);
  }
});

async function named(statusPort: number, name: string, conf: string): Promise<Autoscaled> {
  const own = ["--min-workers", "1", "--max-workers", "3", "--status-addr", `127.0.0.1:${statusPort}`, "--"];
  return await autoscaled({ own, app: `-c${conf}`, gunicorn: ["--name", name] });
}

browserTest(
  "markup in the name of an application, in a reason, a class or anywhere in the status is shown as text",
  async (chromium) => {
    await using folder = await tempDir();
    const statusPort = freeTcpPort();
    const conf = await folder.write("conf.py", "wsgi_app = 'wsgi:app'\n");
    await using it = await named(statusPort, MARKUP, conf);
    await using page = await openPage(chromium);
    await page.open(`http://127.0.0.1:${statusPort}/`);
    await page.until(`document.getElementById("application").textContent.includes("<img src=x")`);
    assertEquals(await page.evaluate(`document.querySelectorAll("img[src=x]").length`), 0);

    // The same page over a status in which every text is hostile.
    const target = { socket: await controlSocket(it) };
    const status = JSON.parse((await get(target, "/status")).body);
    status.decisions = [{
      ...status.decisions[0],
      id: 1,
      at: status.now,
      action: "hold",
      from: 1,
      to: 1,
      reason: "steady",
      text: "x",
    }];
    const times = /At$|^at$|^now$/;
    const hostile = JSON.stringify(
      status,
      (key, value) =>
        typeof value === "string" && value !== "unknown" && !times.test(key) ? `${value}${MARKUP}` : value,
    );
    const history = (await get(target, "/history")).body;
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const server = new HttpServer(listener, {
      handle: (request) =>
        request.path === "/events"
          ? {
            takeOver: (connection) =>
              void writeAll(connection, eventStreamHead())
                .then(() => writeAll(connection, eventFrame("history", history)))
                .then(() => writeAll(connection, eventFrame("status", hostile))).catch(() => {}),
          }
          : dashboardAsset(request.path) ?? textAnswer(404, "not here"),
      mostConnections: 20,
      timeoutMs: 5_000,
    });
    try {
      await page.open(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`);
      await page.until(`document.querySelector("#decisions .text")?.textContent.includes("<img src=x")`);
      assertEquals(await page.evaluate(`document.querySelectorAll("img[src=x]").length`), 0);
      assert((await page.evaluate<string>("document.title")) !== "owned");
    } finally {
      await server.close();
    }
  },
);

browserTest(
  "a page from elsewhere can neither read the status, nor frame it, nor give an order",
  async (chromium) => {
    const statusPort = freeTcpPort();
    await using it = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "3", "--status-addr", `127.0.0.1:${statusPort}`],
    });
    await until(async () => (await get({ port: statusPort }, "/status")).status === 200, {
      what: "the status",
    });
    const url = `http://127.0.0.1:${statusPort}`;
    const evil = `<!doctype html><title>evil</title><script>
    const outcome = (promise) => promise.then((value) => "got " + value, () => "refused");
    const read = (path, options) => outcome(fetch("${url}" + path, options).then((a) => a.text()));
    const stream = () => new Promise((resolve, reject) => {
      const source = new EventSource("${url}/events");
      source.addEventListener("status", (event) => (source.close(), resolve(event.data)));
      source.onerror = () => (source.close(), reject());
    });
    const module = () => import("${url}/dashboard.js");
    const json = { "Content-Type": "application/json" };
    const order = '{"kind":"paused"}';
    (async () => (window.outcomes = [
      await read("/status"), await read("/metrics"), await read("/livez"),
      await read("/order", { method: "POST", headers: json, body: order }),
      await outcome(stream()), await outcome(module()),
      await read("/order", { method: "POST", mode: "no-cors", body: order }),
    ]))();
  </script><iframe id="frame" src="${url}/"></iframe>`;
    // Not our own server: its headers would keep the hostile script from running.
    const elsewhere = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(evil, { headers: { "Content-Type": "text/html" } }),
    );
    try {
      await using page = await openPage(chromium);
      await page.open(`http://127.0.0.1:${elsewhere.addr.port}/`);
      const outcomes = await page.until<string[]>("window.outcomes");
      assertEquals(outcomes.slice(0, 6), new Array(6).fill("refused"));
      assert(!outcomes[6]!.includes("paused"), outcomes[6]);
      await page.until(`document.getElementById("frame").contentDocument === null`); // an error page, not ours to see
      assert(
        page.problems.some((problem) => /frame-ancestors|X-Frame-Options|refused to connect/i.test(problem)),
        page.problems.join("\n"),
      );
      const { order } = JSON.parse(
        (await get({ socket: await controlSocket(it) }, "/status")).body,
      );
      assertEquals(order.kind, "auto");
    } finally {
      await elsewhere.shutdown();
    }
  },
);
