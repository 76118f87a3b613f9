import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

/** Types and validators generated from KEDA's own Go types. */
const KEDA = "npm:@kubernetes-models/keda@2.0.0/keda.sh/v1alpha1/ScaledObject";

/** The metadata of a trigger is any map to a ScaledObject; these are what KEDA's documentation of 2.20 lists for two. */
export const TRIGGER_FIELDS: Record<string, { needed: readonly string[]; optional: readonly string[] }> = {
  "metrics-api": {
    needed: ["url", "valueLocation", "targetValue"],
    optional: [
      "format",
      "activationTargetValue",
      "unsafeSsl",
      "aggregateFromKubeServiceEndpoints",
      "aggregationType",
      "authMode",
      "method",
      "keyParamName",
    ],
  },
  prometheus: {
    needed: ["serverAddress", "query", "threshold"],
    optional: [
      "activationThreshold",
      "namespace",
      "cortexOrgID",
      "customHeaders",
      "ignoreNullValues",
      "queryParameters",
      "unsafeSsl",
      "timeout",
      "authModes",
    ],
  },
};

/**
 * Holds a ScaledObject against KEDA's types: a field that they do not know is an error of the type check, a value out of
 * range one of the validator. Returns what is wrong; empty: nothing.
 */
export async function checkKeda(manifest: unknown): Promise<string> {
  await using temp = await tempDir();
  const program = await temp.write(
    "scaled_object.ts",
    `import { type IScaledObject, ScaledObject } from ${JSON.stringify(KEDA)};\n` +
      `const manifest: IScaledObject = ${JSON.stringify(manifest)};\n` +
      `new ScaledObject(manifest).validate();\n`,
  );
  const { code, stderr } = await run(Deno.execPath(), [
    "run",
    "-A",
    "--check",
    "--no-config",
    "--quiet",
    program,
  ]);
  return code === 0 ? "" : stderr;
}
