/** What the slots say of real workers of every class. */

import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertLess } from "@std/assert";
import { ProbedGunicorn, type Slot } from "../../probe/probed_gunicorn.ts";
import { SLOT } from "../../sensors/probe/shared_pages.ts";
import { gunicornFor } from "../../probe/worker_venvs.ts";
import { apps, appsFolder } from "../../support/apps.ts";
import { Connection, get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { type TempDir, tempDir } from "../../support/tempdir.ts";
import { bin, hasWorker, venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

interface WorkerClass {
  readonly name: string;
  readonly venv?: "old";
  readonly args: readonly string[];
  readonly kind: number;
  readonly slots: number;
  /** Requests of five at once that are in flight; the others wait in the kernel or for a thread. */
  readonly atOnce: number;
  readonly app: string;
  /** tornado answers nothing when a WSGI application raises. */
  readonly answersRaise?: false;
}

const uvicorn = "uvicorn_worker.UvicornWorker";
const classes: readonly WorkerClass[] = [
  { name: "sync", args: ["-k", "sync"], kind: 1, slots: 1, atOnce: 1, app: apps.wsgi },
  { name: "gthread", args: ["--threads", "2"], kind: 2, slots: 2, atOnce: 2, app: apps.wsgi },
  { name: "gevent", args: ["-k", "gevent"], kind: 3, slots: 1000, atOnce: 5, app: apps.wsgi },
  {
    name: "gevent_pywsgi",
    args: ["-k", "gevent_pywsgi"],
    kind: 4,
    slots: 1000,
    atOnce: 5,
    app: apps.wsgi,
  },
  {
    name: "eventlet",
    venv: "old",
    args: ["-k", "eventlet"],
    kind: 5,
    slots: 1000,
    atOnce: 5,
    app: apps.wsgi,
  },
  {
    name: "tornado",
    args: ["-k", "tornado"],
    kind: 6,
    slots: 1000,
    atOnce: 1, // WSGI blocks its loop
    app: apps.wsgi,
    answersRaise: false,
  },
  { name: "uvicorn", args: ["-k", uvicorn], kind: 7, slots: 1000, atOnce: 5, app: apps.asgi },
  { name: "uvicorn FastAPI", args: ["-k", uvicorn], kind: 7, slots: 1000, atOnce: 5, app: apps.fastApi },
  {
    name: "uvicorn H11",
    args: ["-k", "uvicorn_worker.UvicornH11Worker"],
    kind: 7,
    slots: 1000,
    atOnce: 5,
    app: apps.asgi,
  },
  {
    name: "uvicorn.workers",
    venv: "old",
    args: ["-k", "uvicorn.workers.UvicornH11Worker"],
    kind: 7,
    slots: 1000,
    atOnce: 5,
    app: apps.asgi,
  },
  { name: "asgi", args: ["-k", "asgi"], kind: 8, slots: 1000, atOnce: 5, app: apps.asgi },
];

for (const one of classes.filter(({ name }) => hasWorker("newest", name))) {
  Deno.test(`${one.name}: requests in flight, their times and their failures`, async () => {
    const port = freeTcpPort();
    await using server = await startServer(one, port);
    const idle = server.slot();
    assertEquals([idle[SLOT.kind], idle[SLOT.slots], idle[SLOT.metered]], [one.kind, one.slots, 1]);
    assertGreater(idle[SLOT.readyNs]!, idle[SLOT.bootNs]!);

    for (let i = 0; i < 4; i++) assertEquals((await get({ port }, "/")).status, 200);
    const five = Array.from({ length: 5 }, () => get({ port }, "/sleep/300"));
    await until(() => server.slot()[SLOT.inFlight] === one.atOnce, {
      everyMs: 2,
      what: `${one.atOnce} in flight`,
    });
    if (one.kind === 2) {
      await until(() => server.slot()[SLOT.innerQueue] === 1, {
        everyMs: 2,
        what: "one that waits for a thread, and the others in the kernel's queue",
      });
    }
    for (const answer of five) assertEquals((await answer).status, 200);
    const served = await counted(server, 9);
    assertEquals(served[SLOT.failed], 0);
    assertEquals(sum(served, SLOT.serviceBuckets), 9);
    assertGreaterOrEqual(served[SLOT.inFlightNs]!, 1_480e6); // 5 x 300 ms, in any order
    const busyMs = served[SLOT.busyNs]! / 1e6;
    if (one.atOnce === 5) assertLess(busyMs, 900);
    assertGreaterOrEqual(busyMs, 295);
    assertEquals([served[SLOT.innerQueue], served[SLOT.websockets], served[SLOT.streams]], [0, 0, 0]);
    if (one.kind <= 2) assertGreater(sum(served, SLOT.waitBuckets), 0);

    assertEquals((await get({ port }, "/fail")).status, 500);
    if (one.answersRaise !== false) assertEquals((await get({ port }, "/raise")).status, 500);
    const after = await counted(server, one.answersRaise === false ? 10 : 11);
    assertEquals(after[SLOT.failed], one.answersRaise === false ? 1 : 2);
  });

  Deno.test(`${one.name}: a worker stuck in C code shows as busy`, async () => {
    const port = freeTcpPort();
    await using server = await startServer(one, port);
    const stuck = get({ port }, "/stuck/700");
    await until(() => server.slot()[SLOT.inFlight] === 1, { everyMs: 2, what: "the stuck request" });
    const early = server.slot();
    assertEquals(early[SLOT.finished], 0);
    await until(() => server.slot()[SLOT.finished] === 1, { everyMs: 2, what: "its end" });
    assertGreaterOrEqual(server.slot()[SLOT.busyNs]!, 200e6);
    assertEquals((await stuck).status, 200);
  });
}

for (const name of ["gevent", "eventlet", "uvicorn", "asgi"]) {
  const ignore = !hasWorker("newest", name);
  Deno.test(`${name}: the event loop ticks, and shows when it is blocked`, { ignore }, async () => {
    const port = freeTcpPort();
    await using server = await startServer(classes.find((one) => one.name === name)!, port);
    await get({ port }, "/");
    await until(() => server.slot()[SLOT.loopTicks]! >= 3, { what: "ticks" });
    const blocked = get({ port }, "/stuck/600");
    const due = await until(() => {
      const slot = server.slot();
      return slot[SLOT.inFlight] === 1 && slot[SLOT.loopDueNs];
    }, { everyMs: 2, what: "the request" });
    await until(() => server.slot()[SLOT.finished] === 2, { everyMs: 2, what: "its end" });
    await until(() => server.slot()[SLOT.loopDueNs]! > due, { everyMs: 2, what: "the next tick" });
    assertGreater(server.slot()[SLOT.loopDueNs]! - due, 250e6);
    await blocked;
    assertEquals((await server.process.stop()).code, 0);
  });
}

for (const name of ["uvicorn", "uvicorn H11", "asgi"]) {
  const ignore = !hasWorker("newest", name);
  Deno.test(`${name}: websockets and event streams are counted apart from requests`, { ignore }, async () => {
    const port = freeTcpPort();
    await using server = await startServer(classes.find((one) => one.name === name)!, port);
    const stream = get({ port }, "/events/400");
    await until(() => server.slot()[SLOT.streams] === 1, { everyMs: 2, what: "the stream" });
    assertEquals(server.slot()[SLOT.inFlight], 0);
    assertEquals((await stream).status, 200);
    await until(() => server.slot()[SLOT.streams] === 0, { what: "its end" });

    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await new Promise((resolve) => socket.onopen = resolve);
    await until(() => server.slot()[SLOT.websockets] === 1, { everyMs: 2, what: "the websocket" });
    assertEquals(server.slot()[SLOT.inFlight], 0);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
    await until(() => server.slot()[SLOT.websockets] === 0, { what: "its end" });
    const slot = await counted(server, 1);
    assertEquals([slot[SLOT.failed], sum(slot, SLOT.serviceBuckets)], [0, 0]);
  });
}

Deno.test("gthread: event streams are seen among requests, and websockets are none", async () => {
  const port = freeTcpPort();
  await using server = await startServer(classes.find((one) => one.name === "gthread")!, port);
  const stream = get({ port }, "/events/2500");
  await until(() => server.slot()[SLOT.streams] === 1, { what: "the stream" });
  assertEquals((await stream).status, 200);
  await until(() => server.slot()[SLOT.streams] === 0, { what: "its end" });
  const before = await counted(server, 1);

  const socket = await Connection.open({ port });
  await socket.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await until(() => server.slot()[SLOT.websockets] === 1, { what: "the websocket" });
  assertEquals(server.slot()[SLOT.inFlight], 0);
  await socket[Symbol.asyncDispose]();
  await until(() => server.slot()[SLOT.websockets] === 0, { what: "its end" });
  assertEquals((await counted(server, 1))[SLOT.failed], before[SLOT.failed]);
});

Deno.test("sync: a client that trickles its headers keeps the worker busy", async () => {
  const port = freeTcpPort();
  await using server = await startServer(classes[0]!, port);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
  await until(() => server.slot()[SLOT.inFlight] === 1, { what: "the open request" });
});

Deno.test("sync: the wait in the accept queue is the request's own", async () => {
  const port = freeTcpPort();
  await using server = await startServer(classes[0]!, port);
  const first = get({ port }, "/sleep/400");
  await until(() => server.slot()[SLOT.inFlight] === 1, { everyMs: 2, what: "the first" });
  const second = get({ port }, "/");
  await Promise.all([first, second]);
  const slot = await counted(server, 2);
  assertGreater(slot[SLOT.waitNs]!, 200e6);
  assertLess(slot[SLOT.waitNs]!, 600e6);
});

const oddities: Record<string, { args: string[]; source: string }> = {
  "an ASGI 2 application": {
    args: ["-k", uvicorn, "odd:app"],
    source: `
def app(scope):
    async def run(receive, send):
        if scope["type"] == "lifespan":
            raise RuntimeError("none")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
    return run
`,
  },
  "a factory": {
    args: ["-k", "odd.Worker", "odd:make"],
    source: `
from uvicorn_worker import UvicornWorker
class Worker(UvicornWorker):
    CONFIG_KWARGS = {"factory": True, "lifespan": "on"}
def make():
    from asgi import app
    return app
`,
  },
  "a factory that is not declared as one": {
    args: ["-k", uvicorn, "odd:make"],
    source: `
def make():
    from asgi import app
    return app
`,
  },
  "a WSGI application on uvicorn": {
    args: ["-k", "odd.Worker", "wsgi:app"],
    source: `
from uvicorn_worker import UvicornWorker
class Worker(UvicornWorker):
    CONFIG_KWARGS = {"interface": "wsgi"}
`,
  },
  "an application without lifespan, with uvicorn's lifespan off": {
    args: ["-k", "odd.Worker", "asgi:app"],
    source: `
from uvicorn_worker import UvicornWorker
class Worker(UvicornWorker):
    CONFIG_KWARGS = {"lifespan": "off"}
`,
  },
};

for (const [name, { args, source }] of Object.entries(oddities)) {
  Deno.test(`uvicorn: ${name} is metered`, async () => {
    await using dir = await tempDir();
    await dir.write("odd.py", source);
    const port = freeTcpPort();
    await using server = await startOdd(dir, port, args);
    for (let i = 0; i < 3; i++) assertEquals((await get({ port }, "/")).status, 200);
    const slot = await counted(server, 3);
    assertEquals([slot[SLOT.kind], slot[SLOT.metered], slot[SLOT.inFlight]], [7, 1, 0]);
  });
}

Deno.test("uvicorn: a start-up that fails is a failed boot, not a ready worker", async () => {
  await using dir = await tempDir();
  await dir.write(
    "odd.py",
    `
import os
from asgi import app as ok
async def app(scope, receive, send):
    if scope["type"] == "lifespan" and os.path.exists(${JSON.stringify(dir.join("broken"))}):
        await receive()
        await send({"type": "lifespan.startup.failed"})
        return
    await ok(scope, receive, send)
`,
  );
  const port = freeTcpPort();
  await using server = await startOdd(dir, port, ["-k", uvicorn, "odd:app"]);
  await dir.write("broken", "");
  server.ask(3);
  await until(() => server.arbiter!.bootFailures >= 2, { what: "failed boots" });
  assertEquals(server.ready().length, 1);
  assertEquals((await get({ port }, "/")).status, 200);
  await Deno.remove(dir.join("broken"));
  await server.settled(3);
});

Deno.test("an unknown worker class serves unmetered, and a tornado application stays unchanged", async () => {
  await using dir = await tempDir();
  await dir.write(
    "odd.py",
    `
from gunicorn.workers.base import Worker
import time, tornado.web
class Mine(Worker):
    def run(self):
        while self.alive:
            self.notify()
            time.sleep(0.05)
class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write("ok")
app = tornado.web.Application([("/", Hello)])
`,
  );
  for (
    const [args, kind] of [[["-k", "odd.Mine", apps.wsgi], 0], [["-k", "tornado", "odd:app"], 6]] as const
  ) {
    const port = freeTcpPort();
    await using server = await startOdd(dir, port, args);
    assertEquals([server.slot()[SLOT.kind], server.slot()[SLOT.metered]], [kind, 0]);
    if (kind === 6) assertEquals((await get({ port }, "/")).body, "ok");
  }
});

Deno.test("gthread: a file is still sent with sendfile, and the user's hooks still run", async () => {
  await using dir = await tempDir();
  await dir.write(
    "odd.py",
    `
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return environ["wsgi.file_wrapper"](open(${JSON.stringify(await dir.write("file", "hello"))}, "rb"))
`,
  );
  const conf = await dir.write(
    "conf.py",
    `
def pre_request(worker, req):
    print("pre", req.path, flush=True)
def post_request(worker, req):
    print("post", req.path, flush=True)
`,
  );
  for (const extra of [["-k", "sync"], ["-k", "gthread"]]) {
    const port = freeTcpPort();
    await using server = await startOdd(dir, port, [...extra, "-c", conf, "odd:app"]);
    assertEquals((await get({ port }, "/")).body, "hello");
    await counted(server, 1);
    await server.process.line(/^pre \/$/);
    await server.process.line(/^post \/$/);
  }
});

/** The slot, once this many requests are finished and none is open. */
async function counted(server: ProbedGunicorn, requests: number): Promise<Slot> {
  return await until(() => {
    const slot = server.slot();
    assert(slot[SLOT.finished]! <= requests, `${slot[SLOT.finished]} requests finished, not ${requests}`);
    return slot[SLOT.finished] === requests && slot[SLOT.inFlight] === 0 && slot[SLOT.started] === requests &&
      slot;
  }, { what: () => `${requests} requests, not ${server.slot()[SLOT.finished]}` });
}

function sum(slot: Slot, from: number): number {
  return slot.slice(from, from + 64).reduce((total, count) => total + count, 0);
}

async function startServer(one: WorkerClass, port: number): Promise<ProbedGunicorn> {
  const gunicorn = one.venv === undefined
    ? bin(await venv("newest"), "gunicorn")
    : await gunicornFor(one.venv);
  // The asgi worker of gunicorn 25 waits for connections that have ended.
  const grace = ["--graceful-timeout", "5"];
  const args = ["--chdir", appsFolder, "-b", `127.0.0.1:${port}`, ...grace, ...one.args, one.app];
  const server = new ProbedGunicorn(gunicorn, args, 1);
  await server.settled(1);
  return server;
}

async function startOdd(dir: TempDir, port: number, args: readonly string[]): Promise<ProbedGunicorn> {
  const all = ["--pythonpath", `${dir.path},${appsFolder}`, "-b", `127.0.0.1:${port}`, ...args];
  const env = { PYTHONPATH: `${dir.path}:${appsFolder}` };
  const server = new ProbedGunicorn(bin(await venv("newest"), "gunicorn"), all, 1, { env });
  await server.settled(1);
  return server;
}
