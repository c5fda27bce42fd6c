"""An installed hone works from anywhere: with the hone-go that was installed, and without it from the sources that came along."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import harness

BUILD = pathlib.Path(harness.HONE).resolve().parents[1]


class InstallTest(unittest.TestCase):
    def setUp(self):
        self.prefix = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-install-"))
        self.addCleanup(shutil.rmtree, self.prefix, ignore_errors=True)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.prefix], check=True, capture_output=True)

    def init(self, **env):
        with harness.Workspace() as workspace:
            shutil.rmtree(workspace.shop / "benchmarks")
            done = subprocess.run([self.prefix / "bin" / "hone", "init"], cwd=workspace.shop, capture_output=True, text=True,
                                  env={**os.environ, **workspace.env(), **env}, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("29 scenarios", done.stdout)

    def test_with_the_installed_program(self):
        self.assertTrue((self.prefix / "libexec" / "hone" / "hone-go").exists())
        self.init()

    def test_with_the_sources_that_came_along(self):
        shutil.rmtree(self.prefix / "libexec")
        gocache = subprocess.run(["go", "env", "GOCACHE"], check=True, capture_output=True, text=True).stdout.strip()
        self.init(XDG_CACHE_HOME=str(self.prefix / "cache"), GOCACHE=gocache)


if __name__ == "__main__":
    unittest.main()
