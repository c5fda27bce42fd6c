"""A PostgreSQL of the user's own, for tests of databases that are not Hone's."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile


def binaries():
    """The folder of postgres and initdb: $HONE_PG_BIN, or the newest one where distributions put them."""
    if os.environ.get("HONE_PG_BIN"):
        return pathlib.Path(os.environ["HONE_PG_BIN"])
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    return max(folders, key=lambda folder: int(folder.parent.name))


class Server:
    """Runs until it is left. `shop` with a table stands on it; `owner` may make databases, `clerk` may not."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hone-server-"))
        self.unprivileged = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.unprivileged = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.data = self.folder / "data"
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C")
        # With port 0 it would listen nowhere: pg_ctl waits for the port that it is told.
        for port in range(20_000 + os.getpid() % 20_000, 60_000):
            options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
            if self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-o", options, "start", check=False) == 0:
                self.port = port
                break
        self.sql("postgres", "CREATE ROLE owner LOGIN CREATEDB")
        self.sql("postgres", "CREATE ROLE clerk LOGIN")
        self.sql("postgres", "CREATE DATABASE shop OWNER owner")
        self.sql("shop", "CREATE TABLE precious AS SELECT generate_series(1, 100) AS id; GRANT SELECT ON precious TO PUBLIC")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program, *arguments, check=True):
        ran = subprocess.run([binaries() / program, *arguments], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True, **self.unprivileged)
        if check and ran.returncode != 0:
            raise AssertionError(f"{program}: {ran.stderr}")
        return ran.returncode

    def url(self, user="owner", database="shop"):
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def sql(self, database, text):
        """The rows of a statement, a line each."""
        ran = subprocess.run([binaries() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text,
                              self.url("postgres", database)], capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise AssertionError(ran.stderr)
        return ran.stdout.splitlines()

    def databases(self):
        return self.sql("postgres", "SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%' ORDER BY 1")

    def picture(self, database="shop"):
        """What of a database changes when it is written to: its objects, rows, settings and the counters of its tables."""
        return [self.sql(database, text) for text in (
            "SELECT oid, relname, relkind, relfilenode FROM pg_class ORDER BY oid",
            "SELECT * FROM precious ORDER BY id",
            "SELECT setconfig FROM pg_db_role_setting",
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY 1",
            f"SELECT datacl FROM pg_database WHERE datname = '{database}'",
        )]
