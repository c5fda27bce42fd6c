// Command probe serves one endpoint to itself until enough CPU is spent, and writes the profiles of it into a folder.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/probe/work"
)

const cpuOfWindow = 1500 * time.Millisecond

func main() {
	board := &work.Board{}
	endpoints := map[string]http.HandlerFunc{
		"list": work.List, "find": work.Find, "label": work.Label, "pooled": work.PooledLabel,
		"held": board.Held, "brief": board.Brief, "plain": work.Plain,
		"print": work.Print, "note": work.Note, "glue": work.Glue, "gather": work.Gather, "thrifty": work.Thrifty,
	}
	remains := map[string]http.HandlerFunc{
		"left": work.Left, "answered": work.Answered, "kept": work.Kept, "cached": work.Cached,
	}
	runtime.SetMutexProfileFraction(1)
	log.SetOutput(sink{})
	runtime.KeepAlive(work.Readers)
	for _, name := range os.Args[2:] {
		if kept, ok := remains[name]; ok {
			for i := range 2 {
				counted(fmt.Sprintf("%s%d", filepath.Join(os.Args[1], name), i), kept)
			}
			continue
		}
		window(filepath.Join(os.Args[1], name), endpoints[name])
	}
}

// sink takes what is logged: the log formats nothing for io.Discard.
type sink struct{}

func (sink) Write(line []byte) (int, error) { return len(line), nil }

func cpu() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func save(name, path string) {
	runtime.GC()
	file, err := os.Create(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	pprof.Lookup(name).WriteTo(file, 0)
}

func window(path string, handler http.HandlerFunc) {
	server := httptest.NewServer(handler)
	defer server.Close()
	save("allocs", path+".allocs0")
	save("mutex", path+".mutex0")
	file, err := os.Create(path + ".cpu")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		panic(err)
	}
	start, before := time.Now(), cpu()
	var requests atomic.Int64
	var clients sync.WaitGroup
	for range 6 {
		clients.Add(1)
		go func() {
			defer clients.Done()
			for cpu()-before < cpuOfWindow {
				if answer, err := http.Get(server.URL + "/?q=oak"); err == nil {
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
					requests.Add(1)
				}
			}
		}()
	}
	clients.Wait()
	seconds := time.Since(start).Seconds()
	pprof.StopCPUProfile()
	save("allocs", path+".allocs1")
	save("mutex", path+".mutex1")
	facts := fmt.Sprintf("%d %g %d\n", requests.Load(), seconds, runtime.GOMAXPROCS(0))
	os.WriteFile(path+".facts", []byte(facts), 0o644)
}

// counted sends so many requests that what remains of them is sampled often.
func counted(path string, handler http.HandlerFunc) {
	const requests, clients = 3000, 6
	server := httptest.NewServer(handler)
	defer server.Close()
	save("allocs", path+".allocs0")
	save("goroutine", path+".goroutines0")
	var senders sync.WaitGroup
	for i := range clients {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for n := range requests / clients {
				answer, err := http.Get(fmt.Sprintf("%s/?q=%d", server.URL, (i+n)%work.Different))
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		}()
	}
	senders.Wait()
	save("goroutine", path+".goroutines1")
	save("allocs", path+".allocs1")
	os.WriteFile(path+".facts", []byte(fmt.Sprintf("%d 1 1\n", requests)), 0o644)
}
