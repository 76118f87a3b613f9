/** The least that a server must do. */
import { get } from "../../support/http.ts";

/** Whether it answers within a second. */
export function answers(port: number): Promise<boolean> {
  return get({ port }, "/", { timeoutMs: 1_000 }).then(({ status }) => status === 200, () => false);
}
