# Sourced by the benchmarks of this folder: PostgreSQL with pgbench's tables, and pgbouncer (session mode) and Hone's wire proxy before it.
#
# Leaves the ports in $server, $bouncer and $proxy, the processes in $bouncer_pid and $proxy_pid, and the shell in a folder of its own.
# proxy_threads may be set before. HONE names the binary. Needs PostgreSQL, pgbench and pgbouncer. As root the servers run as "postgres".
# Nothing stays behind.

peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$peers/../../tests/peers/suite.bash"
start_server
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
background+=("$bouncer_pid")
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$bouncer"; do :; done
start_proxy "$server" --threads "${proxy_threads:-1}"
