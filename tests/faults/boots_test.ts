/** Boots that take long, and boots that fail. */
import { assert, assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { trySignal } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { compared } from "./support/compared.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { isReady, PATIENCE_MS, pin, stateOf, untilBooted, untilServing } from "./support/steady.ts";

fault(
  "boots of 5 s under load",
  "it grows, never beyond the maximum, and no request is lost",
  async () => {
    await using server = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "4"],
      app: "slow_import:app",
      env: { IMPORT_SECONDS: "5" },
      gunicorn: ["--threads", "4"],
    });
    await using load = new Load(server.port, 30, "/sleep/150"); // 4.5 requests at once: two workers' worth
    let most = 1;
    const steadyMs = await timed(() =>
      until(() => (most = Math.max(most, server.workers().length)) > 1, {
        timeoutMs: PATIENCE_MS,
        what: "growth",
      })
    );
    const { answered } = load;
    await load.until(() => {
      most = Math.max(most, server.workers().length);
      return load.answered > answered + 150; // 5 s of load: the boot's time
    });
    await load.stop();
    assertEquals(load.failures, []);
    assert(most <= 4, `${most} workers\n${server.log()}`);
    return steadyMs;
  },
);

fault(
  "workers that keep dying while they boot",
  "no request is lost, boots back off, and growth resumes when boots work again",
  async () => {
    await using dir = await tempDir();
    const broken = dir.join("broken");
    await using server = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "6"],
      app: "broken_boot:app",
      env: { BROKEN_WHEN: broken },
    });
    await untilBooted(server, 2);
    await using load = new Load(server.port, 30, "/sleep/20");
    await Deno.writeTextFile(broken, "");
    await pin(server, 4);
    const { process } = server;
    const [, first] = await process.line(/ended before it served; next try in ([\d.]+) s/, {
      timeoutMs: 40_000,
    });
    await process.line(/ended before it served; next try in ([1-9][\d.]*) s/, { timeoutMs: 40_000 });
    assert(Number(first) <= 0.5, first);
    await Deno.remove(broken);
    const steadyMs = await timed(() => untilServing(server, 4));
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
);

fault(
  "a worker that hangs in its boot",
  "another takes its place after 10 s, and it goes without having served; no request is lost",
  async () => {
    await using dir = await tempDir();
    const hang = dir.join("hang");
    await using server = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "4"],
      app: "hanging_boot:app",
      env: { HANG_WHEN: hang },
      gunicorn: ["--timeout", "300"], // gunicorn itself would not end it meanwhile
    });
    await untilBooted(server, 2);
    await using load = new Load(server.port, 30, "/sleep/20");
    const before = server.workers();
    await Deno.writeTextFile(hang, "");
    await pin(server, 3);
    const ready = async () => {
      const pids = server.workers();
      const areReady = await Promise.all(pids.map((pid) => isReady(server, pid)));
      return pids.filter((_, i) => areReady[i]);
    };
    const steadyMs = await timed(() =>
      until(async () => (await ready()).length === 3, {
        timeoutMs: PATIENCE_MS,
        what: () => `3 workers that serve\n${server.log()}`,
      })
    );
    assertEquals(server.workers().length, 4, "the one that hangs is still there");
    await Deno.remove(`${hang}.taken`);
    await untilBooted(server, 3);
    assertEquals(before.filter((pid) => !server.workers().includes(pid)), []);
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
);

fault(
  "HUP into an application that cannot be imported",
  "the old workers serve, no request is lost, and the next good HUP replaces them",
  async () => {
    await using dir = await tempDir();
    const broken = dir.join("broken");
    await using server = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "2"],
      app: "broken_boot:app",
      env: { BROKEN_WHEN: broken },
    });
    await untilBooted(server, 2);
    const before = server.workers();
    await using load = new Load(server.port, 30, "/sleep/20");
    await Deno.writeTextFile(broken, "");
    server.process.signal("SIGHUP");
    await server.process.line(/the old workers stay/, { timeoutMs: 40_000 });
    const after = server.workers();
    assertEquals(
      after.filter((pid) => before.includes(pid)),
      before,
      `master ${server.master} has ${after}, states ${before.map(stateOf)}\n${
        server.process.lines.slice(-30).map((line) => line.text).join("\n")
      }`,
    );
    await Deno.remove(broken);
    const steadyMs = await timed(async () => {
      server.process.signal("SIGHUP");
      await until(() => !server.workers().some((pid) => before.includes(pid)), {
        timeoutMs: PATIENCE_MS,
        what: "new workers",
      });
      await untilServing(server, 2);
    });
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
);

compared({
  fault: "a worker killed while the application cannot be imported",
  holds: "the others serve, only its own request is lost, and it is replaced once the import works",
  options: { workers: 2, app: "broken_boot:app" },
  prepare: (dir) => ({ env: { BROKEN_WHEN: dir.join("broken") } }),
  perSecond: 20,
  mostLost: 1,
  async inject(server, dir) {
    await dir.write("broken", "");
    trySignal(server.workers()[0]!, "SIGKILL");
    await server.process.line(/next try in|[Ww]orker failed to boot|Shutting down/, { timeoutMs: 40_000 });
    await Deno.remove(dir.join("broken"));
  },
  end: "serving",
});
