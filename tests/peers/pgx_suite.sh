#!/usr/bin/env bash
# pgx's own test suite, direct and through Hone's wire proxy: every test must have the same result.
#
#   HONE=path/to/hone tests/peers/pgx_suite.sh [package pattern, default ./...]
#
# The suite is the module github.com/jackc/pgx/v5 at the version below, from the Go module proxy, copied out of the module cache. Needs Go,
# PostgreSQL, Python.
set -euo pipefail

version=${PGX_VERSION:-v5.12.0}
pattern=${1:-./...}
source "$(dirname "${BASH_SOURCE[0]}")/suite.bash"
go_module github.com/jackc/pgx/v5 "$version"
cat >hba <<'HBA'
local all all trust
host all pgx_md5 127.0.0.1/32 md5
host all pgx_pw 127.0.0.1/32 password
host all pgx_scram 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
HBA
start_server
"${psql[@]}" -c 'create database pgx_test' postgres
"${psql[@]}" -f suite/testsetup/postgresql_setup.sql pgx_test >/dev/null
start_proxy

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
  go_results <"$1.json" >"$1.txt"
}
compare
