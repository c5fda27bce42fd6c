package drivertest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"

	"hone.dev/honetest"
	"hone.dev/honetest/drivertest/store"
)

// The database of $DATABASE_URL, with tables of this package's.
func TestMain(m *testing.M) {
	if os.Getenv("DATABASE_URL") == "" || os.Getenv("HONE") == "" {
		fmt.Fprintln(os.Stderr, "these tests need DATABASE_URL and HONE: tests/e2e/honetest_test.py sets them")
		os.Exit(1)
	}
	if os.Getenv("HONETEST_CHILD") == "" {
		if err := seed(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func seed() error {
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	_, err = connection.Exec(ctx, `
		DROP TABLE IF EXISTS orders, customers;
		CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
		CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers);
		INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 100) n;
		INSERT INTO orders SELECT n, n FROM generate_series(1, 100) n`)
	return err
}

// fake is a test that fails without failing this one.
type fake struct {
	testing.TB
	name     string
	failures []string
}

func (f *fake) Helper()      {}
func (f *fake) Name() string { return f.name }
func (f *fake) Errorf(format string, arguments ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, arguments...))
}
func (f *fake) Fatalf(format string, arguments ...any) {
	f.Errorf(format, arguments...)
	panic(f)
}

// failureOf runs what must fail once, and gives the message.
func failureOf(t *testing.T, run func(tb testing.TB)) string {
	t.Helper()
	f := &fake{TB: t, name: t.Name()}
	func() {
		defer func() {
			if stopped := recover(); stopped != nil && stopped != any(f) {
				panic(stopped)
			}
		}()
		run(f)
	}()
	if len(f.failures) != 1 {
		t.Fatalf("%d failures, want 1: %q", len(f.failures), f.failures)
	}
	return f.failures[0]
}

func openPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), honetest.Proxy(t, os.Getenv("DATABASE_URL")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func openSQL(t *testing.T, driver string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, honetest.Proxy(t, os.Getenv("DATABASE_URL")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// lineOf gives "store/store.go:43" for the line of store.go that holds a mark.
func lineOf(t *testing.T, mark string) string {
	t.Helper()
	text, err := os.ReadFile("store/store.go")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, mark) {
			return fmt.Sprintf("store/store.go:%d", i+1)
		}
	}
	t.Fatalf("no line holds %q", mark)
	return ""
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheRightCountPasses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := openPool(t)
	honetest.AssertQueries(t, 1, func() { _, err := store.Fast(ctx, pool, 10); must(t, err) })
	honetest.AssertQueries(t, 6, func() { _, err := store.Slow(ctx, pool, 5); must(t, err) })
	honetest.AssertQueries(t, 0, func() { must(t, pool.Ping(ctx)) })
	t.Run("of a test within", func(t *testing.T) {
		honetest.AssertQueries(t, 1, func() { _, err := store.Fast(ctx, pool, 10); must(t, err) })
	})
	honetest.AssertConstantQueries(t, []int{1, 10, 50}, func(n int) { _, err := store.Fast(ctx, pool, n); must(t, err) })
	honetest.AssertConstantQueries(t, []int{1, 10, 50}, func(n int) { must(t, store.Batch(ctx, pool, n)) })
}

func TestAWrongCountListsTheQueriesWithTheirLines(t *testing.T) {
	t.Parallel()
	pool := openPool(t)
	text := failureOf(t, func(tb testing.TB) {
		honetest.AssertQueries(tb, 2, func() { _, err := store.Slow(context.Background(), pool, 5); must(t, err) })
	})
	t.Log(text)
	contains(t, text, "6 statements, want 2", "5 x SELECT name FROM customers WHERE id = $1",
		"at "+lineOf(t, "// the line")+" store.nameOf", "called at store/store.go:", "store.Slow",
		"1 x SELECT id, customer FROM orders ORDER BY id LIMIT $1", "fingerprint ")
	if strings.Contains(text, "could not be seen") || strings.Contains(text, "guess") {
		t.Errorf("a line is missing:\n%s", text)
	}
	if strings.Contains(text, "honetest.record") || strings.Contains(text, "pgxpool") {
		t.Errorf("a line that is not the user's:\n%s", text)
	}
}

func TestGrowingCountsListWhatGrows(t *testing.T) {
	t.Parallel()
	pool := openPool(t)
	text := failureOf(t, func(tb testing.TB) {
		honetest.AssertConstantQueries(tb, []int{1, 5, 20}, func(n int) { _, err := store.Slow(context.Background(), pool, n); must(t, err) })
	})
	t.Log(text)
	contains(t, text, "grow with the size: 2 at 1, 6 at 5, 21 at 20", "1, 5, 20 x SELECT name FROM customers",
		"at "+lineOf(t, "// the line"), "not growing: 1 query")
	if strings.Contains(text, "of them") {
		t.Errorf("other lines than the one:\n%s", text)
	}
}

func TestDatabaseSQL(t *testing.T) {
	for _, driver := range []string{"postgres", "pgx"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			db := openSQL(t, driver)
			honetest.AssertQueries(t, 4, func() { must(t, store.SlowSQL(ctx, db, 4)) })
			honetest.AssertQueries(t, 0, func() { must(t, db.PingContext(ctx)) })
			text := failureOf(t, func(tb testing.TB) {
				honetest.AssertConstantQueries(tb, []int{1, 7}, func(n int) { must(t, store.SlowSQL(ctx, db, n)) })
			})
			contains(t, text, "1, 7 x SELECT name FROM customers WHERE id = $1", "at "+lineOf(t, "// the SQL line")+" store.SlowSQL")
			text = failureOf(t, func(tb testing.TB) {
				honetest.AssertQueries(tb, 1, func() { must(t, store.Rename(ctx, db, "canary-4711")) })
			})
			contains(t, text, "3 statements, want 1", "UPDATE customers SET name = $1 WHERE id = $2")
			contains(t, strings.ToUpper(text), "X BEGIN", "X COMMIT")
			if strings.Contains(text, "canary") {
				t.Errorf("a value stands in the failure:\n%s", text)
			}
		})
	}
}

func TestQueriesOfOtherGoroutinesHaveTheirLines(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := openPool(t)
	text := failureOf(t, func(tb testing.TB) {
		honetest.AssertQueries(tb, 0, func() {
			done := make(chan error, 4)
			for range 4 {
				go func() { _, err := store.Fast(ctx, pool, 10); done <- err }()
			}
			for range 4 {
				must(t, <-done)
			}
		})
	})
	contains(t, text, "4 statements, want 0", "store.Fast")
}

func TestAKeyValueDSN(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(os.Getenv("DATABASE_URL"))
	must(t, err)
	dsn := fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s", config.Host, config.Port, config.User, config.Password, config.Database)
	connection, err := pgx.Connect(context.Background(), honetest.Proxy(t, dsn))
	must(t, err)
	defer connection.Close(context.Background())
	honetest.AssertQueries(t, 1, func() { _, err := connection.Exec(context.Background(), "SELECT 1"); must(t, err) })
}

func TestWithoutAProxyThereIsOneSentence(t *testing.T) {
	text := failureOf(t, func(tb testing.TB) { honetest.AssertQueries(tb, 0, func() {}) })
	contains(t, text, "has no proxy", "honetest.Proxy")
}

func TestAProxyForAllTestsOfAPackage(t *testing.T) {
	dsn, stop, err := honetest.Start(os.Getenv("DATABASE_URL"))
	must(t, err)
	defer stop()
	connection, err := pgx.Connect(context.Background(), dsn)
	must(t, err)
	defer connection.Close(context.Background())
	honetest.AssertQueries(t, 1, func() { _, err := connection.Exec(context.Background(), "SELECT 1"); must(t, err) })
	text := failureOf(t, func(tb testing.TB) {
		honetest.AssertQueries(t, 0, func() { honetest.AssertQueries(tb, 0, func() {}) })
	})
	contains(t, text, "another assertion uses this proxy")
}

func TestAPanicInTheFunctionLeavesTheProxyUsable(t *testing.T) {
	pool := openPool(t)
	func() {
		defer func() { _ = recover() }()
		honetest.AssertQueries(t, 0, func() { panic("out of luck") })
	}()
	honetest.AssertQueries(t, 1, func() { _, err := store.Fast(context.Background(), pool, 1); must(t, err) })
}

// The child of TestHoneDiesWithTheTest: says which process its hone is, and waits to be killed.
func TestChild(t *testing.T) {
	if os.Getenv("HONETEST_CHILD") == "" {
		return
	}
	honetest.Proxy(t, os.Getenv("DATABASE_URL"))
	children, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid()))
	must(t, err)
	for _, task := range tasks(t) {
		more, _ := os.ReadFile(filepath.Join("/proc/self/task", task, "children"))
		children = append(children, more...)
	}
	fmt.Printf("\nhone is %s\n", strings.Fields(string(children))[0])
	select {}
}

func tasks(t *testing.T) []string {
	entries, err := os.ReadDir("/proc/self/task")
	must(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestHoneDiesWithTheTest(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Fatal("this test reads /proc")
	}
	child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	child.Env = append(os.Environ(), "HONETEST_CHILD=1")
	output, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var said strings.Builder
	pid := ""
	for buffer := make([]byte, 4096); pid == ""; {
		n, err := output.Read(buffer)
		must(t, err)
		said.Write(buffer[:n])
		if found := regexp.MustCompile(`hone is (\d+)\n`).FindStringSubmatch(said.String()); found != nil {
			pid = found[1]
		}
	}
	must(t, child.Process.Kill())
	// hone inherited no end of this pipe: its own output is another. It ends when its input does.
	for {
		status, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(status), ") Z ") {
			break
		}
		runtime.Gosched()
	}
	_ = child.Wait()
}
