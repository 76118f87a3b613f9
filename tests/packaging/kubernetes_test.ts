import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SIMULATE_OPTIONS } from "../../src/simulation/command_line/simulate_options.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { makeVenv } from "../support/venv.ts";
import { checkKeda, TRIGGER_FIELDS } from "./keda_schema.ts";

const repository = new URL("../../", import.meta.url).pathname;
const folder = `${repository}deploy/kubernetes`;

async function check(...paths: string[]) {
  const path = await makeVenv(`${repository}.venvs/kubernetes`, ["kubernetes-validate==1.37.0"]);
  const script = new URL("check_manifests.py", import.meta.url).pathname;
  return await run(`${path}/bin/python`, ["-B", script, ...paths]);
}

interface ScaledObject {
  metadata: unknown;
  spec: { triggers: { type: string; metadata: Record<string, string> }[] };
}

/** A manifest of ours that KEDA reads. */
async function scaledObject(name: string): Promise<ScaledObject> {
  const { stdout, stderr } = await check(`${folder}/${name}`);
  const line = stdout.split("\n").find((one) => one.startsWith("other "));
  if (line === undefined) throw new Error(`${name} holds no ScaledObject: ${stderr}`);
  return JSON.parse(line.slice("other ".length));
}

const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);

Deno.test("the manifests are valid by Kubernetes' own schemas", async () => {
  const paths = [...Deno.readDirSync(folder)].map((entry) => `${folder}/${entry.name}`);
  const { code, stdout, stderr } = await check(...paths);
  assertEquals(code, 0, stderr);
  for (const kind of ["Deployment", "Service", "HorizontalPodAutoscaler"]) {
    assertStringIncludes(stdout, `valid ${kind}`);
  }
});

for (
  const [name, before, after] of [
    ["hpa.yaml", "minReplicas", "leastReplicas"],
    ["hpa.yaml", "averageValue: 800m", "averageValue: [800m]"],
    ["deployment.yaml", "terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: soon"],
    ["service.yaml", "port: 80,", "port: http,"],
  ] as const
) {
  Deno.test(`${name} with ${after} is found to be wrong`, async () => {
    await using temp = await tempDir();
    const text = await read(name);
    assertStringIncludes(text, before);
    const { code, stderr } = await check(await temp.write(name, text.replace(before, after)));
    assertEquals(code, 1);
    assertStringIncludes(stderr, "ValidationError");
  });
}

for (const name of ["scaledobject.yaml", "scaledobject-metrics-api.yaml"]) {
  Deno.test(`${name} is valid by KEDA's own types`, async () => {
    assertEquals(await checkKeda(await scaledObject(name)), "");
  });

  Deno.test(`${name} gives its trigger the fields that KEDA documents`, async () => {
    const { spec } = await scaledObject(name);
    assertEquals(spec.triggers.length, 1);
    const { type, metadata } = spec.triggers[0]!;
    const { needed, optional } = TRIGGER_FIELDS[type]!;
    const fields = Object.keys(metadata);
    assertEquals(fields.filter((field) => ![...needed, ...optional].includes(field)), []);
    assertEquals(needed.filter((field) => !fields.includes(field)), []);
  });
}

Deno.test("a ScaledObject with a wrong field or value is found", async () => {
  const good = await scaledObject("scaledobject.yaml");
  for (
    const [wrong, why] of [
      [{ ...good, spec: { ...good.spec, leastReplicaCount: 2 } }, /leastReplicaCount.* does not exist/],
      [{ ...good, spec: { ...good.spec, minReplicaCount: "2" } }, /not assignable to type 'number'/],
      [{ ...good, spec: { ...good.spec, pollingInterval: 1.5 } }, /pollingInterval must be integer/],
      [{ ...good, spec: { ...good.spec, triggers: undefined } }, /triggers/],
    ] as const
  ) {
    assertMatch(await checkKeda(wrong), why);
  }
});

Deno.test("all three autoscalers aim at the same ratio, and simulate --pods does by default", async () => {
  const fallback = (name: string) => SIMULATE_OPTIONS.find((option) => option.name === name)!.default;
  const target = fallback("podTarget") as number;
  assertStringIncludes(await read("hpa.yaml"), `averageValue: ${target * 1000}m`);
  for (const name of ["scaledobject.yaml", "scaledobject-metrics-api.yaml"]) {
    const { metadata } = (await scaledObject(name)).spec.triggers[0]!;
    assertEquals(metadata.threshold ?? metadata.targetValue, String(target));
  }
  for (const name of ["hpa.yaml", "scaledobject.yaml", "scaledobject-metrics-api.yaml"]) {
    const text = await read(name);
    assertStringIncludes(text, `stabilizationWindowSeconds: ${fallback("podStabilizationSeconds")}`);
    assertStringIncludes(text, `{ type: Pods, value: ${fallback("podDownPerMinute")}, periodSeconds: 60 }`);
  }
  assertStringIncludes(await read("prometheus-adapter.yaml"), `[${fallback("podAverageSeconds")}s]`);
  const deployment = await read("deployment.yaml");
  const preStopS = fallback("podPrestopSeconds") as number;
  assertStringIncludes(deployment, `command: ["sleep", "${preStopS}"]`);
  const graceS = Number(/terminationGracePeriodSeconds: (\d+)/.exec(deployment)![1]);
  const gracefulS = Number(/"--graceful-timeout",\s+"(\d+)"/.exec(deployment)![1]);
  assertEquals(graceS, preStopS + gracefulS + 5);
});
