#!/usr/bin/env bash
# lib/pq's own test suite, direct and through Hone's wire proxy: every test must have the same result.
#
#   HONE=path/to/hone tests/peers/lib_pq_suite.sh [package pattern, default ./...]
#
# The suite is the module github.com/lib/pq at the version below, from the Go module proxy, copied out of the module cache. The server is set
# up as its compose.yaml does, without TLS: what asks for TLS fails on both sides alike. Needs Go, PostgreSQL, Python.
set -euo pipefail

version=${LIB_PQ_VERSION:-v1.12.3}
pattern=${1:-./...}
source "$(dirname "${BASH_SOURCE[0]}")/suite.bash"
go_module github.com/lib/pq "$version"
cat >hba <<'HBA'
local all all trust
host all pqgomd5 127.0.0.1/32 md5
host all pqgopassword 127.0.0.1/32 password
host all pqgoscram 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
HBA
start_server
"${psql[@]}" -c 'create role pqgo superuser login' -c 'create database pqgo owner pqgo' postgres
grep -v -i '^alter system' suite/testdata/postgres/docker-entrypoint-initdb.d/20-config.sql | "${psql[@]}" pqgo
start_proxy

run() {
  (
    cd suite
    export PGHOST=127.0.0.1 PGPORT=$2 PGDATABASE=pqgo PGUSER=pqgo PGSSLMODE=disable
    go test -json -count=1 -p 1 -timeout 15m "$pattern" >"../$1.json" 2>"../$1.err" || true
  )
  go_results <"$1.json" >"$1.txt"
}
compare
