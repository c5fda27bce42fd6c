#!/usr/bin/env python3
"""Records the sessions in this folder: a relay between real clients (psql, pgbench) and a real PostgreSQL.

  record.py HOST PORT USER    a server that trusts USER, with a database of that name

Made with PostgreSQL 15 (server, psql and pgbench). A file holds one session: a line is "C hex" (what the client sent in one read) or "S hex".
"""
import os
import select
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PSQL = {
    "psql_simple": "select 1; select * from generate_series(1, 3) g; select 'it''s' as text, null;",
    "psql_copy": "create temp table t(a int, b text);\ncopy t from stdin;\n1\tone\n2\ttwo\n\\.\ncopy t to stdout;",
    "psql_errors": "select 1/0; select 1;\nbegin;\nselect nosuch;\nselect 1;\nrollback;\nlisten c; notify c, 'x';\n-- nothing",
}
PGBENCH = {
    "pgbench_prepared": ("prepared", "select :client_id + 1;\nselect g from generate_series(1, 5) g;\n"),
    "pgbench_extended": ("extended", "select :client_id + 1;\nselect 'x';\n"),
    "pgbench_pipeline": ("prepared", "\\startpipeline\nselect 1;\nselect :client_id + 2;\n\\endpipeline\n"),
}


def relay(client, upstream):
    server = socket.create_connection(upstream)
    log = []
    while True:
        ready, _, _ = select.select([client, server], [], [])
        for one in ready:
            data = one.recv(65536)
            if not data:
                client.close()
                server.close()
                return log
            log.append(("C" if one is client else "S") + " " + data.hex())
            (server if one is client else client).sendall(data)


def record(name, upstream, command, stdin=""):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        environment = dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(listener.getsockname()[1]), PGSSLMODE="disable", PGGSSENCMODE="disable")
        child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        child.stdin.write(stdin)
        child.stdin.close()
        log = []
        # pgbench's first connection only asks for its tables: the last one is the session.
        while child.poll() is None:
            if select.select([listener], [], [], 0.1)[0]:
                log = relay(listener.accept()[0], upstream)
    with open(os.path.join(HERE, name + ".wire"), "w", encoding="ascii") as out:
        out.write("\n".join(log) + "\n")


def main():
    host, port, user = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    for name, script in PSQL.items():
        record(name, (host, port), ["psql", "-X", "-q", "-U", user], script)
    for name, (mode, script) in PGBENCH.items():
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            record(name, (host, port), ["pgbench", "-n", "-M", mode, "-t", "3", "-f", file.name, "-U", user, user])


main()
