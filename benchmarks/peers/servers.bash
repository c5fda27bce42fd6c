# Sourced by the benchmarks of this folder: PostgreSQL with pgbench's tables, and pgbouncer (session mode) and Hone's wire proxy before it.
#
# Leaves the ports in $server, $bouncer and $proxy, the processes in $bouncer_pid and $proxy_pid, and the shell in a folder of its own.
# HONE names the binary. Needs PostgreSQL, pgbench and pgbouncer. As root the servers run as "postgres". Nothing stays behind.

hone=$(command -v "${HONE:-hone}")
hone=$(realpath "$hone")
peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
work=$(mktemp -d "${TMPDIR:-/tmp}/hone-peers-XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
bouncer_pid=
proxy_pid=
cleanup() {
  for pid in $bouncer_pid $proxy_pid; do kill "$pid" 2>/dev/null || true; done
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

cd "$work"
server=$(free_port)
"${as[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D data -w -l log -o "-p $server -k $work -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300" start >/dev/null
pgbench -h 127.0.0.1 -p "$server" -U postgres -i -q -s 1 postgres 2>/dev/null

bouncer=$(free_port)
cat >pgbouncer.ini <<INI
[databases]
postgres = host=127.0.0.1 port=$server user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $bouncer
unix_socket_dir =
auth_type = any
pool_mode = session
default_pool_size = 100
max_client_conn = 200
logfile = $work/pgbouncer.log
pidfile = $work/pgbouncer.pid
INI
chmod a+r pgbouncer.ini
"${as[@]}" "$(command -v pgbouncer || echo /usr/sbin/pgbouncer)" -q pgbouncer.ini &
bouncer_pid=$!

"$hone" sql proxy --listen 127.0.0.1:0 --upstream "postgres://127.0.0.1:$server" >proxy.out &
proxy_pid=$!
until grep -q : proxy.out 2>/dev/null && "$bin/pg_isready" -q -h 127.0.0.1 -p "$bouncer"; do sleep 0.1; done
proxy=$(head -1 proxy.out | sed 's/.*://')
