#!/usr/bin/env bash
# pgx's own test suite, direct and through Hone's wire proxy: every test must have the same result.
#
#   HONE=path/to/hone tests/peers/pgx_suite.sh [package pattern, default ./...]
#
# The suite is the module github.com/jackc/pgx/v5 at the version below, from the Go module proxy, copied out of the module cache. Tests that
# differ between two direct runs are named and left out of the comparison. Needs Go, PostgreSQL, Python. As root the server runs as
# "postgres". Nothing stays behind.
set -euo pipefail

version=${PGX_VERSION:-v5.12.0}
pattern=${1:-./...}
hone=${HONE:-hone}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-pgx-XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
proxy_pid=
cleanup() {
  if [ -n "$proxy_pid" ]; then kill "$proxy_pid" 2>/dev/null || true; fi
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
  wait 2>/dev/null || true
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

cd "$work"
mkdir suite
(cd suite && printf 'module suite\n' >go.mod && go mod download "github.com/jackc/pgx/v5@$version")
cp -r "$(go env GOMODCACHE)/github.com/jackc/pgx/v5@$version/." suite/
chmod -R u+w suite

server=$(free_port)
"${as[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null
cat >hba <<'HBA'
local all all trust
host all pgx_md5 127.0.0.1/32 md5
host all pgx_pw 127.0.0.1/32 password
host all pgx_scram 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
HBA
"${as[@]}" cp hba data/pg_hba.conf
"${as[@]}" "$bin/pg_ctl" -D data -w -l log -o "-p $server -k $work -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300" start >/dev/null
psql=("$bin/psql" -X -q -h 127.0.0.1 -p "$server" -U postgres)
"${psql[@]}" -c 'create database pgx_test' postgres
"${psql[@]}" -f suite/testsetup/postgresql_setup.sql pgx_test >/dev/null

"$hone" sql proxy --listen 127.0.0.1:0 --upstream "postgres://127.0.0.1:$server" >proxy.out &
proxy_pid=$!
until grep -q : proxy.out 2>/dev/null; do sleep 0.1; done
proxy=$(head -1 proxy.out | sed 's/.*://')

# run NAME PORT: NAME.txt gets "package test result", sorted.
run() {
  local at="host=127.0.0.1 port=$2 database=pgx_test"
  (
    cd suite
    export PGX_TEST_DATABASE="$at user=postgres" PGX_TEST_TCP_CONN_STRING="$at user=postgres"
    export PGX_TEST_MD5_PASSWORD_CONN_STRING="$at user=pgx_md5 password=secret"
    export PGX_TEST_PLAIN_PASSWORD_CONN_STRING="$at user=pgx_pw password=secret"
    export PGX_TEST_SCRAM_PASSWORD_CONN_STRING="$at user=pgx_scram password=secret"
    # Packages one after the other: they share the database.
    go test -json -count=1 -p 1 -timeout 15m "$pattern" >"../$1.json" 2>"../$1.err" || true
  )
  python3 - "$1.json" >"$1.txt" <<'PY'
import json
import re
import sys

for line in open(sys.argv[1]):
    event = json.loads(line) if line.startswith("{") else {}
    if event.get("Test") and event["Action"] in ("pass", "fail", "skip"):
        # Some names hold a temporary folder's.
        print(event["Package"], re.sub(r"[0-9]{6,}", "N", event["Test"]), event["Action"])
PY
  sort -o "$1.txt" "$1.txt"
  echo "$1: $(grep -c ' pass$' "$1.txt" || true) passed, $(grep -c ' fail$' "$1.txt" || true) failed, $(grep -c ' skip$' "$1.txt" || true) skipped"
}
run direct "$server"
run proxied "$proxy"
if [ ! -s direct.txt ]; then
  echo "the suite did not run:" >&2
  tail -5 direct.err >&2
  exit 2
fi
if cmp -s direct.txt proxied.txt; then
  echo "same results"
  exit 0
fi
# What is not the same twice on a direct connection says nothing about the proxy.
run direct_again "$server"
comm -3 direct.txt direct_again.txt | awk '{print $1, $2}' | sort -u >unsteady.txt
comm -3 direct.txt proxied.txt | grep -v -F -w -f unsteady.txt >different.txt || true
sed 's/^/unsteady: /' unsteady.txt
if [ -s different.txt ]; then
  echo "different (left: direct, right: through the proxy):"
  cat different.txt
  exit 1
fi
echo "same results"
