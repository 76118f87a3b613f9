import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeAnswer, type HttpAnswer, jsonAnswer } from "../../../src/status/http/http_message.ts";
import { dashboardAsset } from "../../../src/status/dashboard/assets.ts";
import { isAllowedHost } from "../../../src/status/http/host_check.ts";
import { type Pages, route } from "../../../src/status/http/routes.ts";

const pages: Pages = {
  isAlive: () => true,
  isReady: () => true,
  status: () => "{}",
  history: () => "[]",
  metrics: () => "m 1\n",
  events: () => ({ takeOver: () => {} }),
  asset: dashboardAsset,
  isAllowedHost: (host) => isAllowedHost(host, []),
  command: (request) => jsonAnswer(200, { did: request.path }),
};

function ask(
  path: string,
  { method = "GET", host = "127.0.0.1:9200", local = false, ...changes }: {
    method?: string;
    host?: string;
    local?: boolean;
  } & Partial<Pages> = {},
): HttpAnswer {
  const request = { method, path, headers: new Map([["host", host]]), body: "" };
  const handled = route(request, { ...pages, ...changes }, local);
  return "status" in handled ? handled : { status: 200, type: "stream", body: "" };
}

Deno.test("each path has its answer and its type", () => {
  for (
    const [path, type] of [
      ["/livez", "text/plain"],
      ["/readyz", "text/plain"],
      ["/status", "application/json"],
      ["/history", "application/json"],
      ["/metrics", "text/plain; version=0.0.4"],
      ["/events", "stream"],
      ["/", "text/html"],
      ["/dashboard.js", "text/javascript"],
      ["/dashboard.css", "text/css"],
      ["/favicon.svg", "image/svg+xml"],
    ] as const
  ) {
    const answer = ask(path);
    assertEquals([answer.status, answer.type.startsWith(type)], [200, true], path);
  }
  assertEquals(ask("/nothing").status, 404);
});

Deno.test("not alive, not ready and not started yet are 503", () => {
  assertEquals(ask("/livez", { isAlive: () => false }).status, 503);
  assertEquals(ask("/readyz", { isReady: () => false }).status, 503);
  assertEquals(ask("/status", { status: () => undefined }).status, 503);
  assertEquals(ask("/metrics", { metrics: () => undefined }).status, 503);
  assertEquals(ask("/events", { events: () => undefined }).status, 503);
});

Deno.test("commands are carried out over the private socket alone", () => {
  for (const path of ["/order", "/settings"]) {
    assertEquals(ask(path, { method: "POST" }).status, 403);
    assertEquals(ask(path, { method: "POST", local: true }).body, `{"did":"${path}"}\n`);
    assertEquals(ask(path, { local: true }).allow, "POST");
  }
});

Deno.test("a method that a path does not have is refused with those that it has", () => {
  for (
    const [method, path, local, allow] of [
      ["POST", "/status", false, "GET, HEAD"],
      ["DELETE", "/status", true, "GET, HEAD"],
      ["HEAD", "/events", false, "GET"],
      ["GET", "/order", true, "POST"],
    ] as const
  ) {
    const answer = ask(path, { method, local });
    assertEquals([answer.status, answer.allow], [405, allow], `${method} ${path}`);
    assertMatch(
      new TextDecoder().decode(encodeAnswer(answer, "GET")),
      new RegExp(`\r\nAllow: ${allow}\r\n`),
    );
  }
});

Deno.test("a name of a stranger is refused over TCP, whatever the path", () => {
  for (const path of ["/", "/status", "/metrics", "/events", "/livez", "/order"]) {
    assertEquals(ask(path, { host: "evil.example.com" }).status, 421, path);
  }
  assertEquals(ask("/status", { host: "evil.example.com", local: true }).status, 200);
});

Deno.test("the page loads nothing from another host and runs nothing inline", () => {
  const page = dashboardAsset("/")!.body;
  assertEquals(/(src|href)="(https?:)?\/\//.test(page), false);
  for (const [, path] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
    if (path!.startsWith("#") || ["/status", "/metrics"].includes(path!)) continue;
    assertMatch(dashboardAsset(path!)?.type ?? `no ${path}`, /^(text|image)\//);
  }
  assertEquals(/<script(?![^>]*\bsrc=)/.test(page), false);
  assertEquals(/<style|\sstyle=|\son[a-z]+=/.test(page), false);
});

Deno.test("every module that the page imports is served", () => {
  const seen = new Set<string>();
  const follow = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const asset = dashboardAsset(path);
    assertEquals(asset?.type, "text/javascript; charset=utf-8", path);
    for (const [, name] of asset!.body.matchAll(/^import .* from "\.(\/[a-z_]+\.js)";$/gm)) follow(name!);
  };
  follow("/dashboard.js");
  assert(seen.size >= 8, [...seen].join());
});
