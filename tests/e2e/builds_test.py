"""Services that are built in other ways than by a plain `go build`: hone's own listener gets into each, and each stays what it was.

With another Go: GOTOOLCHAIN=go1.24.11 python3 -m unittest builds_test
"""

import subprocess
import unittest

import harness
import tiny

CHECKED = """
[[scenario]]
path = "/version"
[[scenario.check]]
contains = "{}"
"""


class Builds(unittest.TestCase):
    def place(self, version):
        place = tiny.Tiny(build=True, scenarios=CHECKED.format(version))
        self.addCleanup(place.__exit__)
        return place

    def serve(self, place, *, imports="", declarations="", expression):
        """Lets /version answer with a Go expression of the build's kind."""
        source = (place.shop / "main.go").read_text()
        source = source.replace("import (\n", f"{imports}import (\n", 1)
        source = source.replace("func main() {", f"{declarations}\nfunc main() {{", 1)
        handler = f'\tmux.HandleFunc("/version", func(w http.ResponseWriter, r *http.Request) {{ fmt.Fprint(w, {expression}) }})\n'
        (place.shop / "main.go").write_text(source.replace('\tmux.HandleFunc("/items", items)\n', '\tmux.HandleFunc("/items", items)\n' + handler))

    def library(self, folder, function):
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text("module example.com/lib\n\ngo 1.24\n")
        (folder / "lib.go").write_text(f'package lib\n\nfunc Version() string {{ return "{function}" }}\n')

    def assert_instrumented(self, place):
        ran = place.run("sql", "--json", timeout=300)
        report = harness.report(ran)
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.assertIn("a pprof listener of hone's own", " ".join(report["caveats"]))
        self.assertEqual([], [entry for entry in report["not_judged"] if "/version" in entry["subject"]])

    def test_vendor(self):
        place = self.place("from the vendor folder")
        self.library(place.shop / "lib", "from the vendor folder")
        with open(place.shop / "go.mod", "a") as file:
            file.write("\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ./lib\n")
        self.serve(place, imports='import "example.com/lib"\n', expression="lib.Version()")
        subprocess.run(["go", "mod", "vendor"], cwd=place.shop, check=True, timeout=120)
        self.assert_instrumented(place)

    def test_workspace(self):
        place = self.place("from the workspace")
        self.library(place.folder / "lib", "from the workspace")
        (place.folder / "go.work").write_text("go 1.24\n\nuse (\n\t./lib\n\t./tiny\n)\n")
        self.serve(place, imports='import "example.com/lib"\n', expression="lib.Version()")
        self.assert_instrumented(place)

    def test_cgo(self):
        place = self.place("42 from C")
        self.serve(place, imports='/*\nstatic int answer(void) { return 42; }\n*/\nimport "C"\n', expression='fmt.Sprint(int(C.answer()), " from C")')
        self.assert_instrumented(place)

    def test_tags_and_flags_of_the_linker(self):
        place = self.place("v7 with extras")
        self.serve(place, declarations='var version, extras = "none", ""\n', expression='version + extras')
        (place.shop / "extras.go").write_text('//go:build extras\n\npackage main\n\nfunc init() { extras = " with extras" }\n')
        place.replace('"go build -o ${bin} ."', "\"go build -tags extras -trimpath -ldflags '-s -w -X main.version=v7' -o ${bin} .\"")
        self.assert_instrumented(place)

    def test_a_package_in_a_folder_of_commands(self):
        place = self.place("from cmd/api")
        self.serve(place, expression='"from cmd/api"')
        commands = place.shop / "cmd" / "api"
        commands.mkdir(parents=True)
        (place.shop / "main.go").rename(commands / "main.go")
        place.replace("-o ${bin} .", "-o ${bin} ./cmd/api")
        self.assert_instrumented(place)


if __name__ == "__main__":
    unittest.main()
