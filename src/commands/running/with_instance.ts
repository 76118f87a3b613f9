import { errorText } from "../../error_text.ts";
import { FAILED, refuse } from "../refusal.ts";
import { findInstance } from "./find_instance.ts";

/**
 * Finds the instance that a command is for and does something with it. Errors are printed.
 *
 * @param named a pid, or the runtime folder; undefined for the only one that runs
 * @param act gets the runtime folder, returns the exit code
 * @returns the exit code: that of `act`, or FAILED when there is no such instance or `act` threw
 */
export async function withInstance(
  named: string | undefined,
  act: (dir: string) => Promise<number>,
): Promise<number> {
  const found = findInstance(named);
  if ("error" in found) return refuse([found.error], FAILED);
  try {
    return await act(found.dir);
  } catch (error) {
    return refuse([errorText(error)], FAILED);
  }
}
