#!/usr/bin/env bash
# Hone's wire proxy beside pgbouncer (session mode): throughput of prepared one-row queries (pgbench -S), and the CPU seconds that each
# proxy's process takes for them.
#
#   HONE=path/to/hone benchmarks/peers/proxy_throughput.sh [rounds, default 20] [queries a run, default 20000] [clients, default "1 8 64"]
#     [seconds a run, at least 2; default 0: by queries] [threads of the proxy, default 1]
#
# pgbouncer goes on with the server processes of the runs before, whose caches are filled, while each client of the proxy gets a new one: in
# short runs with many clients that is most of the difference. With seconds the first one is left out of the throughput, in which new
# processes fill theirs. (pgbouncer with server_lifetime = 0 would be no better a peer: it connects while queries are measured already.)
#
# Each round runs the two in turn (order alternated) at each number of clients; printed is the median over rounds of the ratio, with the
# 95 % order-statistic interval. CPU is user and system time of the process, by /proc, for as many queries.
set -euo pipefail

rounds=${1:-20}
queries=${2:-20000}
clients=${3:-1 8 64}
seconds=${4:-0}
proxy_threads=${5:-1}
source "$(dirname "${BASH_SOURCE[0]}")/servers.bash"

cpu_ticks() { awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$1/stat"; }
# measure PORT PID CLIENTS: "queries-a-second CPU-ticks-a-query". The time to connect is not in the first, which a pool saves: it is no part of
# the question.
measure() {
  local before result length=(-t $((queries / $3)))
  if [ "$seconds" -gt 0 ]; then length=(-T "$seconds" -P 1); fi
  before=$(cpu_ticks "$2")
  # "queries-a-second queries"; of the reports of progress, all but the first.
  result=$(pgbench -n -h 127.0.0.1 -p "$1" -U postgres -S -M prepared -c "$3" -j $(($3 < 2 ? 1 : 2)) "${length[@]}" postgres 2>&1 |
    awk '/^progress/ && reports++ {sum += $4; used++} /actually processed/ {split($6, done, "/")} /^tps/ {tps = $3}
      END {print used ? sum / used : tps, done[1]}')
  awk -v ticks=$(($(cpu_ticks "$2") - before)) -v result="$result" 'BEGIN {split(result, r); print r[1], ticks / r[2]}'
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
