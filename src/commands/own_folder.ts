/** The folder of the compiled program; of Deno itself in development, where there is no gunicorn. */
export function ownFolder(): string {
  return Deno.execPath().replace(/\/[^/]*$/, "");
}
