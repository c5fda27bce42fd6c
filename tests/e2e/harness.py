"""Runs the real hone on real services for the end-to-end tests."""

import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOP = ROOT / "go" / "testbed" / "shop"
NOTES = ROOT / "go" / "testbed" / "notes"
METERS = ROOT / "go" / "testbed" / "meters"
HONE = os.environ.get("HONE", str(ROOT / "build" / "release" / "bin" / "hone"))
CHECK_SECONDS = 400
LOCKS = ("/run/lock/hone.lock", "/tmp/hone.lock")


def wait_for_turn():
    """Waits until no other hone measures: the machine may be shared with somebody who runs one."""
    for lock in LOCKS:
        if os.path.exists(lock):
            subprocess.run(["flock", "--timeout", str(CHECK_SECONDS), lock, "true"], check=False)


def hone(*arguments, cwd=None, env=None, timeout=CHECK_SECONDS, patient=True):
    """Runs hone to its end; stdout and stderr as text. A patient one starts again where another hone measures."""
    while True:
        ran = subprocess.run([HONE, *arguments], cwd=cwd, env={**os.environ, **(env or {})}, timeout=timeout,
                             capture_output=True, text=True)
        if not patient or "Another hone measures on this machine" not in ran.stderr:
            return ran
        wait_for_turn()


def start_hone(*arguments, cwd=None, env=None):
    wait_for_turn()
    return subprocess.Popen([HONE, *arguments], cwd=cwd, env={**os.environ, **(env or {})}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Workspace:
    """A copy of the shop, or of another service, in a folder of its own, with a temporary folder for hone beside it."""

    def __init__(self, service=SHOP):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        os.chmod(self.folder, 0o755)
        self.shop = self.folder / service.name
        shutil.copytree(service, self.shop, ignore=shutil.ignore_patterns(".hone"))
        self.config = self.shop / "benchmarks" / "hone.toml"
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        os.chmod(self.tmp, 0o711)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def env(self):
        return {"TMPDIR": str(self.tmp)}

    def check(self, *arguments, env=None, timeout=CHECK_SECONDS):
        return hone("check", "--dir", str(self.shop / "benchmarks"), *arguments, env={**self.env(), **(env or {})},
                    timeout=timeout)

    def replace(self, old, new, path=None):
        """Edits a file of the copy (hone.toml by default); the text must be there."""
        path = path or self.config
        text = path.read_text()
        if old not in text:
            raise AssertionError(f"{path.name} does not hold {old!r}")
        path.write_text(text.replace(old, new))

    def quick(self):
        """Makes the windows short: for tests that are about something else than performance."""
        text = self.config.read_text()
        if "[limits]" in text:
            raise AssertionError("the shop's hone.toml has [limits] already")
        at = text.index("[[scenario]]")
        self.config.write_text(text[:at] + '[limits]\nrate = 50\nlatency_for = "2s"\nprofile_for = "1s"\n\n' + text[at:])

    def processes(self):
        """Processes that still use this workspace's folders."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                cwd = os.readlink(entry / "cwd")
            except OSError:
                continue
            if int(entry.name) != os.getpid() and (str(self.folder) in command or cwd.startswith(str(self.folder))):
                found.append((int(entry.name), command))
        return found

    def left_behind(self):
        """Run folders that hone did not remove."""
        return [str(path) for path in self.tmp.glob("hone-*/*") if path.is_dir()]



def report(completed):
    """The JSON document of a run with --json."""
    return json.loads(completed.stdout)


def wait_pids(pids, seconds=30):
    """Waits until every process of `pids` has ended."""
    poller = select.poll()
    waiting = {}
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        waiting[descriptor] = pid
        poller.register(descriptor, select.POLLIN)
    deadline = seconds * 1000
    while waiting:
        ready = poller.poll(deadline)
        if not ready:
            return list(waiting.values())
        for descriptor, _ in ready:
            poller.unregister(descriptor)
            os.close(descriptor)
            del waiting[descriptor]
    return []

