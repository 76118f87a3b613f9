/**
 * The options of gunicorn's own command line, versions 20.1 to 27, by what they take. Needed to tell its options from ours
 * wherever they stand, and to find -w among short options without reading the value of another as an option.
 */

/** Short options that take a value; `-bADDR` and `-b ADDR` are both fine. */
export const SHORT_WITH_VALUE = "cbwkmugnept" as const;
/** Short options that take none. */
export const SHORT_SWITCHES = "hvDR" as const;

/** Short name -> long name. */
export const LONG_OF_SHORT: Readonly<Record<string, string>> = {
  c: "config",
  b: "bind",
  w: "workers",
  k: "worker-class",
  m: "umask",
  u: "user",
  g: "group",
  n: "name",
  e: "env",
  p: "pid",
  t: "timeout",
  h: "help",
  v: "version",
  D: "daemon",
  R: "enable-stdio-inheritance",
};

/** Long options that take no value. */
const LONG_SWITCHES: readonly string[] = [
  "help version daemon reload preload spew check-config print-config enable-stdio-inheritance no-sendfile reuse-port",
  "initgroups capture-output disable-redirect-access-to-syslog log-syslog do-handshake-on-connect",
  "suppress-ragged-eofs permit-obsolete-folding strip-header-spaces permit-unconventional-http-method",
  "permit-unconventional-http-version casefold-http-method no-control-socket enable-backlog-metric",
  "tolerate-dangerous-framing",
].join(" ").split(" ");

/** Long options that take one value. */
export const LONG_WITH_VALUE: readonly string[] = [
  "config bind backlog workers worker-class threads worker-connections max-requests max-requests-jitter timeout",
  "graceful-timeout keep-alive limit-request-line limit-request-fields limit-request-field_size reload-engine",
  "reload-extra-file chdir env pid worker-tmp-dir user group umask access-logfile access-logformat error-logfile",
  "log-file log-level logger-class log-config log-config-json log-syslog-to log-syslog-prefix log-syslog-facility",
  "statsd-host statsd-prefix dogstatsd-tags name pythonpath paste paster proxy-allow-from keyfile certfile",
  "ssl-version cert-reqs ca-certs ciphers paste-global forwarded-allow-ips forwarder-headers header-map",
  "http-protocols http2-max-concurrent-streams http2-initial-window-size http2-max-frame-size",
  "http2-max-header-list-size http2-cleartext websocket-max-message-size asgi-loop asgi-lifespan",
  "asgi-disconnect-grace-period root-path control-socket control-socket-mode dirty-app dirty-workers dirty-timeout",
  "dirty-threads dirty-graceful-timeout protocol uwsgi-allow-from http-parser",
].join(" ").split(" ");

/** Long options that take a value from 25 on, and none before: only these words after them are one. */
export const LONG_WITH_OPTIONAL_VALUE: ReadonlyMap<string, RegExp> = new Map([
  ["proxy-protocol", /^(off|false|0|none|true|auto|1|v1|v2)$/i],
]);

/** All long options. */
export const LONG: readonly string[] = [
  ...LONG_WITH_VALUE,
  ...LONG_SWITCHES,
  ...LONG_WITH_OPTIONAL_VALUE.keys(),
];
