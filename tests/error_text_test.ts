import { assertEquals } from "@std/assert";
import { errorText, whyNotListening } from "../src/error_text.ts";

Deno.test("an error is its message, anything else its text", () => {
  assertEquals(errorText(new Error("no room")), "no room");
  assertEquals(errorText(7), "7");
});

Deno.test("why an address cannot be listened on is said in plain words", () => {
  assertEquals(whyNotListening(new Deno.errors.AddrInUse()), "the port is taken");
  assertEquals(
    whyNotListening(new Deno.errors.AddrNotAvailable()),
    "this machine does not have the address",
  );
  assertEquals(whyNotListening(new Deno.errors.PermissionDenied()), "that port needs more rights");
});

Deno.test("any other reason not to listen is the system's own", () => {
  assertEquals(whyNotListening(new Error("too many open files")), "too many open files");
});
