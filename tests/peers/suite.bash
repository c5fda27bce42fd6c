# Sourced by the suites of this folder and by benchmarks/peers: a PostgreSQL of its own, Hone's wire proxy before it, and the comparison of a test suite's results.
#
# The suite puts "start_server [SETTING...]" and "start_proxy" before its runs, defines "run NAME PORT", which leaves lines of "TEST RESULT"
# (pass, fail or skip) in NAME.txt, and ends with "compare". HONE names the binary. As root the server runs as "postgres". Nothing stays
# behind.

hone=$(realpath "$(command -v "${HONE:-hone}")")
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-suite-XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
background=()  # processes to be ended
cleanup() {
  if [ ${#background[@]} -gt 0 ]; then kill "${background[@]}" 2>/dev/null || true; fi
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
  wait 2>/dev/null || true
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
cd "$work"

# start_server [SETTING...]: on $server, with the file hba as its pg_hba.conf where there is one; $psql asks it.
start_server() {
  local setting settings=
  server=$(free_port)
  "${as[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null
  if [ -f hba ]; then "${as[@]}" cp hba data/pg_hba.conf; fi
  for setting in listen_addresses=127.0.0.1 fsync=off max_connections=300 "$@"; do settings+=" -c $setting"; done
  "${as[@]}" "$bin/pg_ctl" -D data -w -l log -o "-p $server -k $work$settings" start >/dev/null
  psql=("$bin/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$server" -U postgres)
}

# start_proxy [UPSTREAM_PORT [OPTION...]]: before $server or that port, on $proxy, as $proxy_pid; its output is at $proxy_output.
start_proxy() {
  local address upstream=${1:-$server}
  rm -f proxy.out
  mkfifo proxy.out
  "$hone" sql proxy --listen 127.0.0.1:0 --upstream "postgres://127.0.0.1:$upstream" "${@:2}" >proxy.out &
  proxy_pid=$!
  background+=("$proxy_pid")
  exec {proxy_output}<proxy.out
  read -r address <&"$proxy_output"
  proxy=${address##*:}
}

# go_module MODULE VERSION: a copy of it, that can be written to, in the folder suite.
go_module() {
  mkdir suite
  (cd suite && printf 'module suite\n' >go.mod && go mod download "$1@$2")
  cp -r "$(go env GOMODCACHE)/$1@$2/." suite/
  chmod -R u+w suite
}

# go_results: what `go test -json` printed, as lines of "package/test result".
go_results() {
  python3 -c '
import json
import re
import sys

for line in sys.stdin:
    event = json.loads(line) if line.startswith("{") else {}
    if event.get("Test") and event["Action"] in ("pass", "fail", "skip"):
        # Some names hold a temporary folder or a port.
        print(event["Package"] + "/" + re.sub(r"[0-9]{5,}", "N", event["Test"]), event["Action"])
'
}

tell() {
  sort -o "$1.txt" "$1.txt"
  echo "$1: $(grep -c ' pass$' "$1.txt" || true) passed, $(grep -c ' fail$' "$1.txt" || true) failed, $(grep -c ' skip$' "$1.txt" || true) skipped"
}

# compare: runs the suite direct and through the proxy. What is not the same twice on a direct connection says nothing about the proxy: it is
# named and left out.
compare() {
  run direct "$server"
  tell direct
  run proxied "$proxy"
  tell proxied
  if ! grep -q ' pass$' direct.txt; then
    echo "the suite did not run:" >&2
    tail -5 direct.err >&2
    exit 2
  fi
  if ! cmp -s direct.txt proxied.txt; then
    run direct_again "$server"
    tell direct_again
    comm -3 direct.txt direct_again.txt | awk '{print $1}' | sort -u >unsteady.txt
    sed 's/^/unsteady: /' unsteady.txt
    comm -3 direct.txt proxied.txt | awk 'NR == FNR {unsteady[$1] = 1; next} !($1 in unsteady)' unsteady.txt - >different.txt
    if [ -s different.txt ]; then
      echo "different (left: direct, right: through the proxy):"
      cat different.txt
      exit 1
    fi
  fi
  echo "same results"
}
