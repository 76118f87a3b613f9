/** The program itself with sensors that throw as long as the file THROW_WHEN exists. */
import { main } from "../../../main.ts";
import { Sensing } from "../../../src/supervisor/sensing.ts";

const sample = Sensing.prototype.sample;

Sensing.prototype.sample = function (nowMs) {
  let isTrapSet = false;
  try {
    isTrapSet = Deno.statSync(Deno.env.get("THROW_WHEN") ?? "").isFile;
  } catch {
    // no trap
  }
  if (isTrapSet) throw new Error("on purpose");
  return sample.call(this, nowMs);
};

Deno.exit(await main(Deno.args));
