#!/usr/bin/env bash
# Hone's wire proxy beside pgbouncer (session mode): throughput of prepared one-row queries (pgbench -S), and the CPU seconds that each
# proxy's process takes for them.
#
#   HONE=path/to/hone benchmarks/peers/proxy_throughput.sh [rounds, default 20] [queries a run, default 20000] [clients, default "1 8 64"]
#     [pgbouncer's server_lifetime in seconds, default 3600] [threads of the proxy, default 1]
#
# By default pgbouncer goes on with the server processes of the runs before, whose caches are filled, while each client of the proxy gets a
# new one: in short runs with many clients that is most of the difference. With 0 as the server_lifetime both get new ones.
#
# Each round runs the two in turn (order alternated) at each number of clients; printed is the median over rounds of the ratio, with the
# 95 % order-statistic interval. CPU is user and system time of the process, by /proc, for as many queries.
set -euo pipefail

rounds=${1:-20}
queries=${2:-20000}
clients=${3:-1 8 64}
server_lifetime=${4:-3600}
proxy_threads=${5:-1}
source "$(dirname "${BASH_SOURCE[0]}")/servers.bash"

cpu_ticks() { awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$1/stat"; }
# measure PORT PID CLIENTS: "queries-a-second CPU-ticks-a-query". The time to connect is not in the first, which a pool saves: it is no part of
# the question.
measure() {
  local before tps
  before=$(cpu_ticks "$2")
  tps=$(pgbench -n -h 127.0.0.1 -p "$1" -U postgres -S -M prepared -c "$3" -j $(($3 < 2 ? 1 : 2)) -t $((queries / $3)) postgres 2>/dev/null |
    awk '/^tps/ {print $3}')
  awk -v ticks=$(($(cpu_ticks "$2") - before)) -v queries="$queries" -v tps="$tps" 'BEGIN {print tps, ticks / queries}'
}
for count in $clients; do
  measure "$bouncer" "$bouncer_pid" "$count" >/dev/null
  measure "$proxy" "$proxy_pid" "$count" >/dev/null
done
hertz=$(getconf CLK_TCK)
for ((i = 0; i < rounds; i++)); do
  for count in $clients; do
    if ((i % 2)); then
      b=$(measure "$bouncer" "$bouncer_pid" "$count")
      h=$(measure "$proxy" "$proxy_pid" "$count")
    else
      h=$(measure "$proxy" "$proxy_pid" "$count")
      b=$(measure "$bouncer" "$bouncer_pid" "$count")
    fi
    echo "$count $h $b" | awk -v hertz="$hertz" '{
      printf "%d clients: hone %.0f/s %.2f CPU s per 100,000, pgbouncer %.0f/s %.2f CPU s per 100,000\n", $1, $2, $3 / hertz * 1e5,
        $4, $5 / hertz * 1e5 > "/dev/stderr"
      print $1 " clients, throughput, hone / pgbouncer", $2, $4
      print $1 " clients, CPU a query, hone / pgbouncer", $3, $5
    }' >>rounds.txt
  done
done
sort -s -n -k1,1 rounds.txt >sorted.txt
python3 "$peers/ratios.py" sorted.txt
