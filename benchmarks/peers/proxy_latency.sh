#!/usr/bin/env bash
# Hone's wire proxy beside pgbouncer (session mode) and the direct connection: latency of a prepared one-row query with one client.
#
#   HONE=path/to/hone benchmarks/peers/proxy_latency.sh [rounds, default 20] [seconds a run, default 1]
#
# Each round runs the three in turn (order rotated), so that the machine's drift hits all alike; printed is the median over rounds of the
# ratio of the two latencies, with the 95 % order-statistic interval. Needs PostgreSQL, pgbench and pgbouncer. As root the servers run as
# "postgres". Nothing stays behind.
set -euo pipefail

rounds=${1:-20}
seconds=${2:-1}
hone=${HONE:-hone}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
pgbouncer=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-latency-XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

cd "$work"
server=$(free_port)
"${as[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D data -w -l log -o "-p $server -k $work -c listen_addresses=127.0.0.1 -c fsync=off" start >/dev/null
pgbench -h 127.0.0.1 -p "$server" -U postgres -i -q -s 1 postgres 2>/dev/null

bouncer=$(free_port)
cat >pgbouncer.ini <<INI
[databases]
postgres = host=127.0.0.1 port=$server
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $bouncer
unix_socket_dir =
auth_type = any
pool_mode = session
logfile = $work/pgbouncer.log
pidfile = $work/pgbouncer.pid
INI
sed -i 's/^postgres = .*/& user=postgres/' pgbouncer.ini
chmod a+r pgbouncer.ini
"${as[@]}" "$pgbouncer" -q pgbouncer.ini &
pids+=($!)

"$hone" sql proxy --listen 127.0.0.1:0 --upstream "postgres://127.0.0.1:$server" >proxy.out &
pids+=($!)
until grep -q : proxy.out 2>/dev/null && "$bin/pg_isready" -q -h 127.0.0.1 -p "$bouncer"; do sleep 0.1; done
proxy=$(head -1 proxy.out | sed 's/.*://')

echo 'SELECT abalance FROM pgbench_accounts WHERE aid = 4711;' >one_row.sql
latency() {
  pgbench -n -h 127.0.0.1 -p "$1" -U postgres -M prepared -c 1 -T "$seconds" -f one_row.sql postgres 2>/dev/null |
    awk '/latency average/ {print $4}'
}
for port in "$server" "$bouncer" "$proxy"; do latency "$port" >/dev/null; done
for ((i = 0; i < rounds; i++)); do
  case $((i % 3)) in
    0) d=$(latency "$server"); b=$(latency "$bouncer"); h=$(latency "$proxy") ;;
    1) b=$(latency "$bouncer"); h=$(latency "$proxy"); d=$(latency "$server") ;;
    2) h=$(latency "$proxy"); d=$(latency "$server"); b=$(latency "$bouncer") ;;
  esac
  echo "$d $b $h" | tee -a rounds.txt >&2
done
python3 - rounds.txt <<'PY'
import math
import sys

rounds = [tuple(map(float, line.split())) for line in open(sys.argv[1])]


def show(name, ratios):
    ratios = sorted(ratios)
    n = len(ratios)
    # The largest k with P(fewer than k of n below the median) <= 2.5 %.
    k, tail = 0, 0.0
    while tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    median = (ratios[(n - 1) // 2] + ratios[n // 2]) / 2
    interval = f" ({ratios[k - 1]:.3f} to {ratios[n - k]:.3f})" if k > 0 else ""
    print(f"{name}: {median:.3f}{interval}, {n} rounds")


show("latency, hone / pgbouncer", [h / b for d, b, h in rounds])
show("added latency, hone / pgbouncer", [(h - d) / (b - d) for d, b, h in rounds])
show("latency, hone / direct", [h / d for d, b, h in rounds])
show("latency, pgbouncer / direct", [b / d for d, b, h in rounds])
PY
