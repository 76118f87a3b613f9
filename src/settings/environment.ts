/** A variable of the environment. Bytes that are not UTF-8 become U+FFFD; Deno refuses to read such a variable. */
export function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    return fromTheStart(name);
  }
}

function fromTheStart(name: string): string | undefined {
  const all = new TextDecoder().decode(Deno.readFileSync("/proc/self/environ")).split("\0");
  return all.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}
