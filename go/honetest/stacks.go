package honetest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// frame is one call of a goroutine's stack.
type frame struct {
	Function string // "example.com/shop/store.(*Orders).List"
	File     string
	Line     int
}

// goroutine is one of a dump (runtime.Stack of all), innermost frame first.
type goroutine struct {
	id       int
	state    string // "IO wait"
	frames   []frame
	creation frame // the go statement
	creator  int   // the goroutine that ran it; 0: unknown
}

// site is where in the user's code a query was asked: the frames from there outwards.
type site struct {
	Frames []frame
	Count  int
	Guess  bool // several goroutines waited at different places
}

// What speaks PostgreSQL's protocol; database/sql stands for a driver that nobody knows.
var drivers = []string{
	"github.com/jackc/pgx", "github.com/jackc/pgconn", "github.com/jackc/pgproto3", "github.com/lib/pq",
	"github.com/uptrace/bun/driver/pgdriver", "github.com/go-pg/pg", "database/sql",
}

const thisPackage = "hone.dev/honetest"

// packageOf gives the import path in a symbol: "a.com/x/y.(*T).M" -> "a.com/x/y".
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/')
	dot := strings.IndexByte(function[slash+1:], '.')
	if dot < 0 {
		return function
	}
	return function[:slash+1+dot]
}

func isIn(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

func isDriver(f frame) bool {
	path := packageOf(f.Function)
	return slices.ContainsFunc(drivers, func(each string) bool { return isIn(path, each) })
}

// goRoot is the folder of the standard library as the build knew it: "/usr/local/go/src/"; empty with -trimpath.
var goRoot = sync.OnceValue(func() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers[:])])
	for {
		f, more := frames.Next()
		if root, found := strings.CutSuffix(f.File, "runtime/extern.go"); found {
			return root
		}
		if !more {
			return ""
		}
	}
})

// isUser says whether a frame is of the code under test: neither the standard library's, nor this package's, nor of a
// module that was downloaded or vendored.
func isUser(f frame) bool {
	path := packageOf(f.Function)
	if path == thisPackage || isDriver(f) || f.File == "" {
		return false
	}
	if strings.Contains(f.File, "/pkg/mod/") || strings.Contains(f.File, "/vendor/") || strings.Contains(f.File, "@v") {
		return false
	}
	if root := goRoot(); root != "" {
		return !strings.HasPrefix(f.File, root)
	}
	// -trimpath: files begin with their package's path, the standard library's without a dot in its first element. A user's
	// module may be named so as well; then its lines are not found.
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// dump gives all goroutines of this process.
func dump() []goroutine {
	buffer := make([]byte, 256<<10)
	const most = 64 << 20
	for {
		n := runtime.Stack(buffer, true)
		if n < len(buffer) || len(buffer) >= most {
			return parseGoroutines(string(buffer[:n]))
		}
		buffer = make([]byte, 2*len(buffer))
	}
}

// parseGoroutines reads the format of runtime/traceback.go, Go 1.21 to 1.26. What cannot be read is skipped.
func parseGoroutines(text string) []goroutine {
	var all []goroutine
	lines := strings.Split(text, "\n")
	inside := false
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if g, ok := parseHeading(line); ok {
			all = append(all, g)
			inside = true
			continue
		}
		if line == "" || !inside {
			inside = false
			continue
		}
		if i+1 >= len(lines) || strings.HasPrefix(line, "\t") {
			continue
		}
		current := &all[len(all)-1]
		file, number, ok := parsePlace(lines[i+1])
		if !ok {
			continue
		}
		if made, found := strings.CutPrefix(line, "created by "); found {
			function, number2, _ := strings.Cut(made, " in goroutine ")
			current.creation = frame{function, file, number}
			current.creator, _ = strconv.Atoi(strings.TrimSpace(number2))
			continue
		}
		if open := strings.LastIndexByte(line, '('); open > 0 && strings.HasSuffix(line, ")") {
			current.frames = append(current.frames, frame{line[:open], file, number})
		}
	}
	return all
}

// parseHeading reads "goroutine 34 [IO wait, 2 minutes]:".
func parseHeading(line string) (goroutine, bool) {
	rest, found := strings.CutPrefix(line, "goroutine ")
	if !found {
		return goroutine{}, false
	}
	number, rest, _ := strings.Cut(rest, " ")
	id, err := strconv.Atoi(number)
	begin, end := strings.IndexByte(rest, '['), strings.IndexByte(rest, ']')
	if err != nil || begin < 0 || end < begin {
		return goroutine{}, false
	}
	state, _, _ := strings.Cut(rest[begin+1:end], ",")
	return goroutine{id: id, state: state}, true
}

// parsePlace reads "\t/src/store/orders.go:51 +0x45".
func parsePlace(line string) (file string, number int, ok bool) {
	line, found := strings.CutPrefix(line, "\t")
	if !found {
		return "", 0, false
	}
	line, _, _ = strings.Cut(line, " +0x")
	colon := strings.LastIndexByte(line, ':')
	if colon < 0 {
		return "", 0, false
	}
	number, err := strconv.Atoi(line[colon+1:])
	return line[:colon], number, err == nil
}

// waitsForAnswer says whether a goroutine reads from a connection on a driver's behalf.
func waitsForAnswer(g goroutine) bool {
	if g.state != "IO wait" {
		return false
	}
	read := slices.IndexFunc(g.frames, func(f frame) bool {
		return f.Function == "internal/poll.(*FD).Read" || f.Function == "net.(*conn).Read"
	})
	if read < 0 {
		return false
	}
	for _, f := range g.frames[read:] {
		if isDriver(f) {
			return true
		}
		if isUser(f) {
			return false
		}
	}
	return false
}

// userFrames gives the user's frames of a goroutine, and of those that it works for where it has none of its own (a
// driver's helper) or where its creator is in them (errgroup); up to the function that an assertion called.
func userFrames(g goroutine, all []goroutine) []frame {
	const most = 5 // goroutines
	var frames []frame
	at := &g
	for range most {
		for _, f := range at.frames {
			if packageOf(f.Function) == thisPackage && len(frames) > 0 {
				return frames
			}
			if isUser(f) {
				frames = append(frames, f)
			}
		}
		if isUser(at.creation) {
			frames = append(frames, at.creation)
		}
		next := slices.IndexFunc(all, func(each goroutine) bool { return each.id == at.creator })
		if len(frames) > 0 || at.creator == 0 || next < 0 {
			break
		}
		at = &all[next]
	}
	return frames
}

// recordFunction is on the stack of each goroutine that runs an assertion.
const recordFunction = thisPackage + ".record"

// assertionOf gives the goroutine of the assertion that g works for: itself, or one that it was started by, directly or
// through others that still run; 0: unknown.
func assertionOf(g goroutine, all []goroutine) int {
	const most = 20
	at := &g
	for range most {
		if slices.ContainsFunc(at.frames, func(f frame) bool { return f.Function == recordFunction }) {
			return at.id
		}
		next := slices.IndexFunc(all, func(each goroutine) bool { return each.id == at.creator })
		if next < 0 {
			return 0
		}
		at = &all[next]
	}
	return 0
}

// thisGoroutine gives the number of the goroutine that calls it.
func thisGoroutine() int {
	buffer := make([]byte, 64)
	first, _, _ := strings.Cut(string(buffer[:runtime.Stack(buffer, false)]), "\n")
	g, _ := parseHeading(first)
	return g.id
}

// locator finds who asked while replies are held. It belongs to one recording of one proxy.
type locator struct {
	own    int               // the assertion's goroutine: tests that run in parallel have others
	before map[int]bool      // goroutines that waited already when the recording began: they listen
	last   map[int]bool      // those that waited at the look before
	sites  map[string][]site // by query
}

func newLocator(own int) *locator {
	l := &locator{own: own, before: map[int]bool{}, last: map[int]bool{}, sites: map[string][]site{}}
	for _, g := range dump() {
		if waitsForAnswer(g) {
			l.before[g.id] = true
		}
	}
	return l
}

// look finds the one that waits for the reply to these queries, which is held meanwhile.
func (l *locator) look(queries []string) {
	if len(queries) == 0 {
		return
	}
	// The goroutine may not have come to its read yet, on a busy machine for a while. One that waits but runs no code of
	// the user's (a pool that fills itself) is not the one, if no other comes.
	const first, longest, withOthers = 100 * time.Microsecond, time.Second, 10 * time.Millisecond
	started := time.Now()
	for pause := first; ; pause = min(2*pause, 10*time.Millisecond) {
		found, ok, others := l.find(dump())
		if ok {
			for _, id := range slices.Compact(slices.Sorted(slices.Values(queries))) {
				count := 0
				for _, each := range queries {
					if each == id {
						count++
					}
				}
				l.note(id, found, count)
			}
			return
		}
		if waited := time.Since(started); waited > longest || (others && waited > withOthers) {
			return
		}
		time.Sleep(pause)
	}
}

// find gives the site of the goroutine that waits; others says whether only such wait that run no code of the user's.
func (l *locator) find(all []goroutine) (found site, ok, others bool) {
	var own, every, fresh []site
	now := map[int]bool{}
	for _, g := range all {
		if !waitsForAnswer(g) || l.before[g.id] {
			continue
		}
		now[g.id] = true
		assertion := assertionOf(g, all)
		if assertion != 0 && assertion != l.own {
			continue // another test's
		}
		frames := userFrames(g, all)
		if len(frames) == 0 {
			others = true
			continue
		}
		if assertion != 0 {
			own = append(own, site{Frames: frames})
		}
		every = append(every, site{Frames: frames})
		if !l.last[g.id] {
			fresh = append(fresh, site{Frames: frames})
		}
	}
	if len(every) == 0 {
		return site{}, false, others
	}
	l.last = now
	for _, some := range [][]site{every, fresh, own} {
		if len(some) > 0 && agree(some) {
			return some[0], true, false
		}
	}
	every[0].Guess = true
	return every[0], true, false
}

func agree(sites []site) bool {
	return !slices.ContainsFunc(sites, func(each site) bool { return each.Frames[0] != sites[0].Frames[0] })
}

func (l *locator) note(id string, found site, count int) {
	sites := l.sites[id]
	for i := range sites {
		if slices.Equal(sites[i].Frames, found.Frames) && sites[i].Guess == found.Guess {
			sites[i].Count += count
			return
		}
	}
	found.Count = count
	l.sites[id] = append(sites, found)
}

func (l *locator) addTo(r *recording) {
	for i := range r.Queries {
		r.Queries[i].Sites = l.sites[r.Queries[i].ID]
	}
}

// moduleRoot is the folder of the go.mod above the working directory, which is the tested package's.
var moduleRoot = sync.OnceValue(func() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return ""
		}
		folder = parent
	}
})

// String is "store/orders.go:51 store.(*Orders).customer".
func (f frame) String() string {
	file := f.File
	if root := moduleRoot(); root != "" {
		if inside, found := strings.CutPrefix(file, root+string(filepath.Separator)); found {
			file = inside
		}
	}
	return fmt.Sprintf("%s:%d %s", file, f.Line, f.Function[strings.LastIndexByte(f.Function, '/')+1:])
}
