#!/bin/sh
# A run of a binary on the platform it is for: starts gunicorn, answers a request, stops with exit code 0. On macOS, where
# only the simulator is promised, it simulates.
#   sh packaging/smoke.sh BINARY
set -eu
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
if [ "$(uname)" = Darwin ]; then
  "$binary" simulate --load 5x2s,60x5s,5x5s --max-workers 12
  echo "$("$binary" --version) simulates"
  exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn
cat > "$folder/smoke.py" << 'PYTHON'
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
PYTHON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PATH="$folder/venv/bin:$PATH" "$binary" --runtime-dir "$folder" smoke:app --chdir "$folder" --bind "127.0.0.1:$port" &
server=$!
tries=0
until python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/', timeout=2)" 2> /dev/null; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$server"; then echo "it does not answer" >&2; kill "$server"; exit 1; fi
  sleep 0.1
done
kill -TERM "$server"
wait "$server"
echo "$("$binary" --version) starts, answers and stops"
