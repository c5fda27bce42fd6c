package work

import (
	"net/http"
	"strings"
	"sync"
)

// Different is how many texts requests ask for.
const Different = 64

const textBytes = 8 << 10

// Left answers with whichever is first and leaves the other one waiting.
func Left(w http.ResponseWriter, r *http.Request) {
	answers := make(chan string)
	for _, name := range []string{"week", "month"} {
		go func() { answers <- name }()
	}
	w.Write([]byte(<-answers))
}

// Answered has room for both.
func Answered(w http.ResponseWriter, r *http.Request) {
	answers := make(chan string, 2)
	for _, name := range []string{"week", "month"} {
		go func() { answers <- name }()
	}
	w.Write([]byte(<-answers))
}

var (
	shown struct {
		sync.Mutex
		titles []string
	}
	known sync.Map
)

func text(name string) string {
	var text strings.Builder
	text.Grow(textBytes)
	for text.Len()+len(name)+1 <= textBytes {
		text.WriteString(name + ";")
	}
	return text.String()
}

// Kept keeps the beginning of each text, and by it the text.
func Kept(w http.ResponseWriter, r *http.Request) {
	bill := text(r.URL.RawQuery)
	shown.Lock()
	shown.titles = append(shown.titles, bill[:16])
	shown.Unlock()
	w.Write([]byte(bill))
}

// Cached keeps one text for each question.
func Cached(w http.ResponseWriter, r *http.Request) {
	bill, _ := known.LoadOrStore(r.URL.RawQuery, text(r.URL.RawQuery))
	w.Write([]byte(bill.(string)))
}
