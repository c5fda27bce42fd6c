"""A small HTTP service without dependencies, whose faults are chosen by its environment, for tests that need no shop."""

import functools
import json
import os
import pathlib
import select
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import harness

SOURCE = r"""
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func number(name string) int64 {
	n, _ := strconv.ParseInt(os.Getenv(name), 10, 64)
	return n
}

// Tells the test, once, that a request has arrived.
func notify() {
	pipe, err := os.OpenFile(os.Getenv("NOTIFY_PIPE"), os.O_WRONLY, 0)
	if err == nil {
		pipe.Write([]byte("x"))
		pipe.Close()
	}
}

// Uses that much CPU time, however fast the machine and whatever else runs on it, on two threads.
func burn(ms int64) {
	var both sync.WaitGroup
	for range 2 {
		both.Add(1)
		go func() {
			defer both.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			used := func() int64 {
				const thread = 1 // RUSAGE_THREAD
				var usage syscall.Rusage
				syscall.Getrusage(thread, &usage)
				return usage.Utime.Nano() + usage.Stime.Nano()
			}
			for end := used() + ms*500_000; used() < end; {
			}
		}()
	}
	both.Wait()
}

var held [][]byte

// Takes memory and keeps it.
func hold(mib int64) {
	block := make([]byte, mib<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	held = append(held, block)
}

// Starts a process that leaves the service's session.
func escape(file string) {
	command := exec.Command("sleep", "1000")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	os.WriteFile(file, []byte(strconv.Itoa(command.Process.Pid)), 0o600)
}

func counted(requests *atomic.Int64, next http.Handler) http.Handler {
	exitAfter, notifyAt := number("EXIT_AFTER"), number("NOTIFY_AT")
	burnMs, growAfter := number("BURN_MS"), number("GROW_AFTER")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			n := requests.Add(1)
			if exitAfter > 0 && n > exitAfter {
				log.Fatal("out of luck with ", os.Getenv("SECRET"))
			}
			if n == notifyAt {
				go notify()
			}
			if burnMs > 0 {
				burn(burnMs)
			}
			if growAfter > 0 && n > growAfter {
				hold(8)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func items(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"items":[%s]}`, strings.TrimSuffix(strings.Repeat(`{"name":"kettle"},`, n), ","))
}

var rendering atomic.Int64

// Quick where it is alone; otherwise it goes on for long, also when nobody waits for it any more.
func report(w http.ResponseWriter, r *http.Request) {
	length := 20 * time.Millisecond
	if rendering.Add(1) > 1 {
		length = 4500 * time.Millisecond
	}
	defer rendering.Add(-1)
	fmt.Fprintf(w, `{"bytes":%d}`, len(render(length)))
}

func render(length time.Duration) string {
	text := ""
	for end := time.Now().Add(length); time.Now().Before(end); {
		text = text[:min(len(text), 200_000)] + strings.Repeat("x", 1000)
	}
	return text
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if code == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "17")
		}
		http.Error(w, "no: "+r.Header.Get("X-Secret")+os.Getenv("SECRET"), code)
	}
}

func main() {
	if os.Getenv("EXIT_AT_START") != "" {
		log.Fatal("cannot reach ", os.Getenv("DATABASE_URL"), " with ", os.Getenv("SECRET"))
	}
	if os.Getenv("IGNORE_SIGTERM") != "" {
		signal.Ignore(syscall.SIGTERM)
	}
	if mib := number("HOLD_MIB"); mib > 0 {
		hold(mib)
	}
	if file := os.Getenv("ESCAPE"); file != "" {
		escape(file)
	}
	if port := os.Getenv("DIAL"); port != "" {
		connection, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			log.Fatal(err)
		}
		defer connection.Close()
	}
	var requests atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		if os.Getenv("NEVER_READY") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/items", items)
	mux.HandleFunc("/more", items)
	mux.HandleFunc("/report", report)
	mux.HandleFunc("/wrong", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"name":%q}`, os.Getenv("SECRET")) })
	mux.HandleFunc("/unauthorised", status(http.StatusUnauthorized))
	mux.HandleFunc("/forbidden", status(http.StatusForbidden))
	mux.HandleFunc("/limited", status(http.StatusTooManyRequests))
	mux.HandleFunc("/broken", status(http.StatusInternalServerError))
	var seldom atomic.Int64
	mux.HandleFunc("/quota", func(w http.ResponseWriter, r *http.Request) {
		if seldom.Add(1) > 3 {
			status(http.StatusTooManyRequests)(w, r)
		}
	})
	if debug := os.Getenv("DEBUG_ADDR"); debug != "" {
		go func() { log.Print(http.ListenAndServe(debug, nil)) }()
	}
	server := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: counted(&requests, mux), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
"""

CONFIG = """\
[service]
name = "tiny"
dir  = ".."
run  = ["{binary}"]
url  = "http://127.0.0.1:${{port}}"
[service.env]
PORT = "${{port}}"
{env}
[service.ready]
path    = "/healthz"
timeout = "20s"
{parts}
[limits]
rate        = 50
latency_for = "2s"
profile_for = "1s"

[headers]
X-Secret = "header-canary-4711"
{scenarios}
"""

ITEMS = """
[[scenario]]
path = "/items?n=${n}"
[scenario.vars]
n = { sizes = [1, 5, 20], default = 5 }
[[scenario.check]]
pointer = "/items"
length  = "${n}"
"""

DATABASE = """
[database]
mode = "embedded"
"""

PPROF = """
[pprof]
url = "http://127.0.0.1:${port.debug}/debug/pprof"
"""


def scenario(path):
    return f'\n[[scenario]]\npath = "{path}"\n'


@functools.cache
def module():
    """The module's folder, with the program built in it once; removed when the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="hone-tiny-")
    root = pathlib.Path(folder.name)
    os.chmod(root, 0o755)
    (root / "go.mod").write_text("module example.com/tiny\n\ngo 1.24\n")
    (root / "main.go").write_text(SOURCE)
    subprocess.run(["go", "build", "-o", "tiny", "."], cwd=root, check=True, timeout=300)
    return folder


class Tiny(harness.Workspace):
    """A folder with the module, a hone.toml and a temporary folder for hone. `env` are lines of [service.env], `parts`
    further parts of hone.toml; with `build` hone builds the program itself, otherwise it runs the one that is built."""

    def __init__(self, env="", parts="", scenarios=ITEMS, build=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hone-e2e-"))
        os.chmod(self.folder, 0o755)
        self.shop = self.folder / "tiny"
        shutil.copytree(module().name, self.shop, ignore=shutil.ignore_patterns("tiny"))
        self.benchmarks = self.shop / "benchmarks"
        self.benchmarks.mkdir()
        self.config = self.benchmarks / "hone.toml"
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        os.chmod(self.tmp, 0o711)
        self.program = pathlib.Path(module().name) / "tiny"
        binary = "${bin}" if build else str(self.program)
        text = CONFIG.format(binary=binary, env=env, parts=parts, scenarios=scenarios)
        if build:
            text = text.replace('dir  = ".."\n', 'dir  = ".."\nbuild = "go build -o ${bin} ."\n')
        self.config.write_text(text)

    def run(self, verb="sql", *arguments, env=None, timeout=120):
        return harness.hone(verb, "--dir", str(self.benchmarks), *arguments, env={**self.env(), **(env or {})}, timeout=timeout)

    def start(self, verb="check", *arguments):
        return harness.start_hone(verb, "--dir", str(self.benchmarks), *arguments, env=self.env())

    def notify_at(self, request):
        """Lets the service say so on a pipe when it gets its `request`-th request; answers the pipe's path."""
        pipe = self.folder / "notify"
        os.mkfifo(pipe)
        self.replace('PORT = "${port}"\n', f'PORT = "${{port}}"\nNOTIFY_AT = "{request}"\nNOTIFY_PIPE = "{pipe}"\n')
        return Pipe(pipe)

    def runs(self):
        """The runs of the ledger."""
        return json.loads(harness.hone("evidence", "list", "--dir", str(self.benchmarks), "--json", timeout=30).stdout)["runs"]


class Running:
    """The program itself, on a free port."""

    def __init__(self, **environment):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.debug_port = probe.getsockname()[1]
        program = pathlib.Path(module().name) / "tiny"
        self._process = subprocess.Popen([program], stderr=subprocess.DEVNULL, env={
            "PORT": str(self.port), "DEBUG_ADDR": f"127.0.0.1:{self.debug_port}", **environment})
        self.url = f"http://127.0.0.1:{self.port}"
        self.debug_url = f"http://127.0.0.1:{self.debug_port}/debug/pprof"

    def __enter__(self):
        self.fetch(self.url + "/healthz")
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def fetch(self, url, seconds=30):
        """The answer's body; waits until the program listens."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(url, timeout=seconds) as answer:
                    return answer.read()
            except urllib.error.URLError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise


class Pipe:
    """The reading end of a named pipe."""

    def __init__(self, path):
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def wait(self, seconds):
        """Waits until something was written; False if nothing is in that time."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        return bool(ready)

    def close(self):
        os.close(self._descriptor)


def descendants(pid):
    """The process, its children, and theirs."""
    found = [pid]
    for one in found:
        try:
            tasks = list(pathlib.Path(f"/proc/{one}/task").iterdir())
        except OSError:
            continue
        for task in tasks:
            try:
                found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue
    return found
