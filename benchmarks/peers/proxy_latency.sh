#!/usr/bin/env bash
# Hone's wire proxy beside pgbouncer (session mode) and the direct connection: latency of a prepared one-row query with one client.
#
#   HONE=path/to/hone benchmarks/peers/proxy_latency.sh [rounds, default 20] [seconds a run, default 1]
#
# Each round runs the three in turn (order rotated), so that the machine's drift hits all alike; printed is the median over rounds of the
# ratio of the two latencies, with the 95 % order-statistic interval.
set -euo pipefail

rounds=${1:-20}
seconds=${2:-1}
source "$(dirname "${BASH_SOURCE[0]}")/servers.bash"

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
  echo "ms: direct $d pgbouncer $b hone $h" >&2
  awk -v d="$d" -v b="$b" -v h="$h" 'BEGIN {
    print "latency, hone / pgbouncer", h, b
    print "added latency, hone / pgbouncer", h - d, b - d
    print "latency, hone / direct", h, d
    print "latency, pgbouncer / direct", b, d
  }' >>rounds.txt
done
python3 "$peers/ratios.py" rounds.txt
