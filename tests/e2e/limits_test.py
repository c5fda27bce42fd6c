"""[service.limits]: the service in a control group, of version 1 or 2; what the limits did to it; nothing left of it."""

import os
import pathlib
import signal
import unittest

import faults_test
import harness
import tiny

GROUPS = pathlib.Path("/sys/fs/cgroup")
NOT_APPLIED = r"\[service\.limits\] is not applied \((no cgroup controller `\w+` is mounted here|no control group .*" \
              r"may be made here.*|its limits cannot be set: .*)\): times and memory are those of a service without limits"
# A request takes 100 ms of CPU at once: twice the quota of a period at 0.5 CPUs, four in five of which it needs in all.
BURST = 'BURN_MS = "100"'


def must_apply():
    """Whether this is a host of version 1 on which hone may make groups; of version 2 only the kernel can tell."""
    if (GROUPS / "cgroup.controllers").exists():
        return False
    own = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own.update({name: path.lstrip("/") for name in controllers.split(",")})
    return all(name in own and os.access(GROUPS / name / own[name], os.W_OK) for name in ("cpu", "memory"))


class Limits(faults_test.Fault):
    def place(self, cpus, memory, *env, rate=4):
        place = self.tiny(env="\n".join(env), scenarios=tiny.scenario("/more?n=3"))
        place.replace("[service.ready]", f'[service.limits]\ncpus = {cpus}\nmemory = "{memory}MiB"\n[service.ready]')
        place.replace("rate        = 50", f"rate        = {rate}")
        place.replace('latency_for = "2s"', 'latency_for = "4s"')
        return place

    def run_to_end(self, place, verb="check"):
        """Exit status, stdout and stderr; no folder of this hone's is left among the control groups."""
        while True:
            running = place.start(verb, "--json")
            out, err = running.communicate(timeout=120)
            self.assertEqual([], self.groups(running.pid))
            if "Another hone measures on this machine" not in err:
                return running.returncode, out, err

    def groups(self, pid):
        return [path for path in GROUPS.rglob(f"hone-{pid}-*") if path.is_dir()]

    def judged(self, place):
        """The report, and its findings of these rules by rule; None where limits cannot be applied, which was said."""
        status, out, err = self.run_to_end(place)
        self.assertIn(status, (0, 3), err)
        report = harness.json.loads(out)
        found = {one["rule"]: one for one in report["findings"] if one["rule"] in ("cpu.throttled", "mem.limit")}
        said = [caveat for caveat in report["caveats"] if "[service.limits]" in caveat]
        if not said:
            return report, found
        self.assertFalse(must_apply(), said)
        self.assertRegex(said[0], NOT_APPLIED)
        self.assertEqual(({}, 1), (found, len(said)))
        self.assertFalse([one for one in report["measurements"] if one["metric"].startswith("cgroup.")])
        return report, None

    def test_what_its_limits_do_to_a_service(self):
        """One that needs more than it has: twice the quota in a burst, and 91 % of the memory before the runtime's own."""
        place = self.place(0.5, 200, BURST, 'HOLD_MIB = "182"')
        report, found = self.judged(place)
        if found is None:
            return
        self.assertEqual({"cpu.throttled", "mem.limit"}, set(found), report["caveats"])
        self.assertRegex(found["cpu.throttled"]["title"],
                         r"^The CPU limit of 0\.5 cores stops the service in \d+(\.\d+)? % of its periods while it has work$")
        self.assertIn("`GOMAXPROCS` does not help below one core", found["cpu.throttled"]["remedy"])
        self.assertRegex(found["mem.limit"]["title"],
                         r"^The service's own memory is 9\d(\.\d+)? % of its limit of 200 MiB; it was to grow over the limit \d+ times")
        self.assertIn("Set `GOMEMLIMIT` to nine tenths", found["mem.limit"]["remedy"])
        values = {one["metric"]: one["value"] for one in report["measurements"] if one["metric"].startswith("cgroup.")}
        self.assertEqual((0.5, 200 << 20), (values["cgroup.cpu_limit"], values["cgroup.memory_limit"]))
        self.assertGreaterEqual(values["cgroup.memory_peak"], 182 << 20)
        again = harness.hone("evidence", "recompute", "--dir", str(place.benchmarks), timeout=60)
        self.assertEqual(0, again.returncode, again.stdout + again.stderr)

    def test_its_twin_with_enough_of_both(self):
        """The same work with four CPUs and half of the memory: more than two threads can use in a period."""
        report, found = self.judged(self.place(4, 200, BURST, 'HOLD_MIB = "100"'))
        if found is None:
            return
        self.assertEqual({}, found)
        values = {one["metric"]: one["value"] for one in report["measurements"] if one["metric"].startswith("cgroup.")}
        self.assertEqual(0, values["cgroup.throttled_share"])
        self.assertLess(values["cgroup.memory_share"], 0.9)

    def test_a_service_that_the_kernel_kills(self):
        """It takes 8 MiB with each request under load; elsewhere it gets through its 20 requests."""
        place = self.place(2, 64, 'GROW_AFTER = "10"', rate=20)
        status, out, err = self.run_to_end(place)
        if status != 2:
            self.assertFalse(must_apply(), err)
            self.assertRegex(out, NOT_APPLIED)
            return
        self.assertEqual("", out)
        self.assertRegex(err, r"hone: The kernel killed the service at its memory limit of 64\.0 MiB\. The service ended \(killed by signal 9")
        self.assertIn("Raise `memory` of [service.limits] in hone.toml, or set GOMEMLIMIT below it in [service.env]", err)

    def start_measuring(self, place, pipe):
        """A hone whose service has got its requests."""
        while True:
            running = place.start("check", "--json")
            while running.poll() is None:
                if pipe.wait(1):
                    return running
            _, err = running.communicate()
            self.assertIn("Another hone measures on this machine", err)

    def start_under_load(self):
        """A hone that measures, the processes below it, and the process that left the service's session."""
        place = self.place(0.5, 200, rate=50)
        file = place.folder / "escaped"
        place.replace('PORT = "${port}"\n', f'PORT = "${{port}}"\nESCAPE = "{file}"\n')
        place.replace('latency_for = "4s"', 'latency_for = "300s"')
        pipe = place.notify_at(60)
        self.addCleanup(pipe.close)
        running = self.start_measuring(place, pipe)
        if must_apply():
            self.assertEqual(2, len(self.groups(running.pid)))
        return place, running, tiny.descendants(running.pid), int(file.read_text())

    def check_gone(self, pids, escaped, hone, applied):
        if not applied:
            os.kill(escaped, signal.SIGKILL)  # without a group nobody knows of it
        self.assertEqual([], harness.wait_pids([*pids, escaped]))
        self.assertEqual([], self.groups(hone))

    def test_nothing_is_left_after_an_interrupt(self):
        place, running, pids, escaped = self.start_under_load()
        applied = bool(self.groups(running.pid))
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
        self.check_gone(pids, escaped, running.pid, applied)

    def test_nothing_is_left_where_hone_is_killed(self):
        place, running, pids, escaped = self.start_under_load()
        applied = bool(self.groups(running.pid))
        running.kill()
        running.communicate(timeout=10)
        self.check_gone(pids, escaped, running.pid, applied)

    def test_the_next_start_sweeps_what_a_killed_guardian_left(self):
        place, running, pids, escaped = self.start_under_load()
        applied = bool(self.groups(running.pid))
        guardian = [pid for pid in pids if pathlib.Path(f"/proc/{pid}/comm").read_text() == "hone-guardian\n"]
        os.kill(guardian[0], signal.SIGKILL)
        running.kill()
        running.communicate(timeout=10)
        self.assertEqual(applied, bool(self.groups(running.pid)))
        self.run_to_end(place, "sql")
        self.check_gone(pids, escaped, running.pid, applied)


if __name__ == "__main__":
    unittest.main()
