/** A variable of the environment, whose bytes need not be text: what is none is replaced, so that it names no file. */
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
