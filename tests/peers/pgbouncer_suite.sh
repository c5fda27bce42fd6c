#!/usr/bin/env bash
# pgbouncer behind Hone's wire proxy (client, proxy, pgbouncer, PostgreSQL), in session and transaction mode: psql prints the same as
# without the proxy, pgbench's sums agree, and the proxy counts as many statements as stand in the server's log.
#
#   HONE=path/to/hone tests/peers/pgbouncer_suite.sh [transactions of each pgbench client, default 100]
#
# Named prepared statements pass through pgbouncer's transaction mode from its version 1.21 on (max_prepared_statements); before that they
# are tried in session mode only. Needs PostgreSQL, pgbench and pgbouncer.
set -euo pipefail

transactions=${1:-100}
source "$(dirname "${BASH_SOURCE[0]}")/suite.bash"
bouncer_program=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
version=$("$bouncer_program" --version | awk 'NR == 1 {print $2}')
prepares=$(printf '1.21\n%s\n' "$version" | sort -V | head -1 | grep -cx 1.21 || true)
start_server log_statement=all log_destination=stderr
pgbench -h 127.0.0.1 -p "$server" -U postgres -i -q -s 1 postgres 2>/dev/null

# start_bouncer MODE: on $bouncer, with fewer connections to the server than there will be clients in transaction mode.
start_bouncer() {
  bouncer=$(free_port)
  cat >"$1.ini" <<INI
[databases]
postgres = host=127.0.0.1 port=$server user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $bouncer
unix_socket_dir =
auth_type = any
pool_mode = $1
default_pool_size = $([ "$1" = session ] && echo 20 || echo 3)
logfile = $work/$1.log
pidfile = $work/$1.pid
INI
  if [ "$prepares" = 1 ]; then echo 'max_prepared_statements = 100' >>"$1.ini"; fi
  chmod a+r "$1.ini"
  "${as[@]}" "$bouncer_program" -q "$1.ini" &
  background+=("$!")
  until "$bin/pg_isready" -q -h 127.0.0.1 -p "$bouncer"; do :; done
}

cat >statements.sql <<'SQL'
create table things (id int primary key, name text);
insert into things select i, 'thing ' || i from generate_series(1, 5000) i;
\copy (select * from things order by id limit 3) to stdout
\copy things from stdin
6001	copied
6002	\N
\.
select count(*), max(name), sum(id) from things;
select 1; select 'two'; select null;
select 1 \; select 2 \; select 3;
begin;
update things set name = upper(name) where id < 10;
select name from things where id = 3;
rollback;
select name from things where id = 3;
select broken from things;
begin;
select 1 / 0;
select 'not reached';
rollback;
do $$ begin raise notice 'heard'; end $$;
select repeat('long ', 20000), id from things where id <= 5 order by id;
drop table things;
SQL
# logged BYTES: the statements in the server's log behind them, without what pgbouncer sends of its own accord.
logged() { tail -c "+$(($1 + 1))" log | grep -aE 'LOG:  (statement|execute [^:]*): ' | grep -vcE 'statement: (DISCARD ALL|SET |select 1;?$|;?$)' || true; }
# end_proxy: leaves the statements that it counted in $counted.
end_proxy() {
  kill -TERM "$proxy_pid"
  counted=$(python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())["statements"])' <&"$proxy_output")
  wait "$proxy_pid"
}
ask() { "$bin/psql" -X -h 127.0.0.1 -p "$1" -U postgres -f statements.sql postgres 2>&1 || true; }
failed=0
expect() {
  if [ "$2" = "$3" ]; then echo "$1: $2"; else echo "$1: $2, not $3"; failed=1; fi
}

for mode in session transaction; do
  start_bouncer "$mode"
  ask "$bouncer" >"$mode.direct"
  start_proxy "$bouncer" --threads 2
  ask "$proxy" >"$mode.proxied"
  if diff "$mode.direct" "$mode.proxied"; then
    echo "$mode: psql printed the same $(wc -l <"$mode.direct") lines"
  else
    failed=1
  fi
  start_proxy "$bouncer" --threads 2 --json
  before=$(wc -c <log)
  kinds="simple extended"
  if [ "$mode" = session ] || [ "$prepares" = 1 ]; then kinds+=" prepared"; fi
  for kind in $kinds; do
    pgbench -n -h 127.0.0.1 -p "$proxy" -U postgres -M "$kind" -c 8 -j 2 -t "$transactions" postgres >pgbench.out 2>&1 || true
    expect "$mode, $kind: transactions" "$(awk '/actually processed/ {print $6}' pgbench.out)" "$((8 * transactions))/$((8 * transactions))"
  done
  end_proxy
  expect "$mode: statements counted" "$counted" "$(logged "$before")"
  expect "$mode: sums" "$("${psql[@]}" -At -c 'select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)
    and (select sum(bbalance) from pgbench_branches) = (select sum(delta) from pgbench_history)' postgres)" t
done
exit "$failed"
