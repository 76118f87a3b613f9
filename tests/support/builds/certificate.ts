/** A certificate of its own for 127.0.0.1, made by openssl. */
import { run } from "../process.ts";

/** Whether openssl is installed. */
export const hasOpenssl = await new Deno.Command("openssl", {
  args: ["version"],
  stdout: "null",
  stderr: "null",
})
  .output()
  .then(({ success }) => success, () => false);

/** Paths of a new certificate and its key in `folder`. */
export async function makeCertificate(folder: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const subject = "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1";
  const leaf = "-addext basicConstraints=critical,CA:FALSE";
  const words = `req -x509 -newkey rsa:2048 -nodes ${subject} ${leaf}`;
  const made = await run("openssl", [...words.split(" "), "-keyout", key, "-out", cert]);
  if (made.code !== 0) throw new Error(`Cannot make a certificate: ${made.stderr}`);
  return { cert, key };
}
