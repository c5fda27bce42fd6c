package honetest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	// A reply waits at most this long for its caller to be looked up, which takes a fraction of a millisecond.
	holdMs = 2000
	// Nothing may be under way for this long before a recording ends.
	quietMs = 10
	// What hone answers within; it waits for quiet for five seconds.
	answerWithin = 30 * time.Second
	// What hone gets to end after its input has.
	endWithin = 5 * time.Second
)

// query is one distinct statement of a recording. Text is normalised: no value is in it.
type query struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	Fingerprint string `json:"fingerprint"`
	Statements  int    `json:"statements"`
	RoundTrips  int    `json:"round_trips"`
	Sites       []site `json:"-"`
}

// recording is what passed a proxy between record and stop.
type recording struct {
	Statements int     `json:"statements"`
	RoundTrips int     `json:"round_trips"`
	Lost       int     `json:"lost"`
	Queries    []query `json:"queries"`
}

func (r *recording) add(other recording) {
	r.Statements += other.Statements
	r.RoundTrips += other.RoundTrips
	r.Lost += other.Lost
	r.Queries = append(r.Queries, other.Queries...)
}

// message is a line that hone writes: see `hone sql proxy --control`.
type message struct {
	Listening string     `json:"listening"`
	Recording bool       `json:"recording"`
	Held      *uint32    `json:"held"`
	Queries   []string   `json:"queries"`
	Recorded  *recording `json:"recorded"`
	Error     string     `json:"error"`
}

// proxy is a running `hone sql proxy`. It ends with its standard input, so also when the test's process is killed.
type proxy struct {
	command *exec.Cmd
	answers chan message
	ended   chan struct{}
	stderr  *tail

	writeMu sync.Mutex // of commands: "go" is written by the reader of answers
	input   io.WriteCloser

	recording sync.Mutex // held from record to stop
	locateMu  sync.Mutex
	locate    *locator // of the recording that runs
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text string
}

func (t *tail) Write(bytes []byte) (int, error) {
	const most = 4096
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text += string(bytes)
	t.text = t.text[max(0, len(t.text)-most):]
	return len(bytes), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text)
}

func findHone() (string, error) {
	if named := os.Getenv("HONE"); named != "" {
		if _, err := exec.LookPath(named); err != nil {
			return "", fmt.Errorf("there is no program at HONE=%s", named)
		}
		return named, nil
	}
	found, err := exec.LookPath("hone")
	if err != nil {
		return "", errors.New("hone is not on PATH: install it, or name it by HONE=/path/to/hone")
	}
	return found, nil
}

// startProxy gives the proxy and the DSN that leads through it.
func startProxy(realDSN string) (*proxy, string, error) {
	database, err := parseDSN(realDSN)
	if err != nil {
		return nil, "", err
	}
	hone, err := findHone()
	if err != nil {
		return nil, "", err
	}
	p := &proxy{answers: make(chan message, 16), ended: make(chan struct{}), stderr: &tail{}}
	p.command = exec.Command(hone, "sql", "proxy", "--control", "--upstream", database.host+":"+database.port)
	p.command.Stderr = p.stderr
	p.input, err = p.command.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := p.command.Start(); err != nil {
		return nil, "", fmt.Errorf("%s does not start: %w", hone, err)
	}
	go p.read(output)
	first, err := p.answer()
	if err != nil {
		p.close()
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(first.Listening)
	if err != nil {
		p.close()
		return nil, "", fmt.Errorf("%s does not know `sql proxy --control`: install a newer one", hone)
	}
	return p, database.through(host, port), nil
}

// read takes hone's lines until it ends: a held reply is looked up here and now, the rest are answers.
func (p *proxy) read(output io.Reader) {
	defer close(p.ended)
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var m message
		if json.Unmarshal(line, &m) != nil {
			m = message{Error: "hone wrote something else than JSON"}
		}
		if m.Held == nil {
			p.answers <- m
			continue
		}
		p.locateMu.Lock()
		l := p.locate
		p.locateMu.Unlock()
		if l != nil {
			l.look(m.Queries)
		}
		_ = p.send(map[string]any{"do": "go", "held": *m.Held})
	}
	_ = p.command.Wait()
}

func (p *proxy) send(command map[string]any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	p.writeMu.Lock()
	defer p.writeMu.Unlock()
	_, err = p.input.Write(append(line, '\n'))
	return err
}

func (p *proxy) answer() (message, error) {
	timer := time.NewTimer(answerWithin)
	defer timer.Stop()
	select {
	case m := <-p.answers:
		if m.Error != "" {
			return m, errors.New(m.Error)
		}
		return m, nil
	case <-p.ended:
		return message{}, fmt.Errorf("hone sql proxy ended: %s", strings.TrimPrefix(p.stderr.String(), "hone: "))
	case <-timer.C:
		return message{}, fmt.Errorf("hone sql proxy did not answer within %v", answerWithin)
	}
}

func (p *proxy) setLocator(l *locator) {
	p.locateMu.Lock()
	p.locate = l
	p.locateMu.Unlock()
}

// record begins to note statements down, for the assertion that runs in this goroutine.
func (p *proxy) record() error {
	if !p.recording.TryLock() {
		return errors.New("another assertion uses this proxy right now: give each parallel test a Proxy of its own")
	}
	p.setLocator(newLocator(thisGoroutine()))
	err := p.send(map[string]any{"do": "record", "hold_ms": holdMs})
	if err == nil {
		_, err = p.answer()
	}
	if err != nil {
		p.recording.Unlock()
	}
	return err
}

// stop ends what record began.
func (p *proxy) stop() (recording, error) {
	defer p.recording.Unlock()
	_ = p.send(map[string]any{"do": "stop", "quiet_ms": quietMs}) // answer says why where it cannot be sent
	m, err := p.answer()
	if err != nil {
		return recording{}, err
	}
	if m.Recorded == nil {
		return recording{}, errors.New("hone answered something else than a recording")
	}
	p.locateMu.Lock()
	p.locate.addTo(m.Recorded)
	p.locate = nil
	p.locateMu.Unlock()
	return *m.Recorded, nil
}

func (p *proxy) close() {
	_ = p.input.Close()
	timer := time.AfterFunc(endWithin, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	for {
		select {
		case <-p.answers: // nobody waits for it any more
		case <-p.ended:
			return
		}
	}
}
