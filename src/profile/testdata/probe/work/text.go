package work

import (
	"bufio"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

const rows = 600

// Readers are in the binary so that the table of symbols can be held against it.
var Readers = []any{(*sql.Rows).Next, (*csv.Reader).Read, (*json.Decoder).Decode, (*xml.Decoder).Token, (*bufio.Scanner).Scan, (*bufio.Reader).ReadString, slog.Info}

// Print formats each row.
func Print(w http.ResponseWriter, r *http.Request) {
	var text strings.Builder
	text.Grow(rows * 24)
	for i := range rows {
		text.WriteString(fmt.Sprintf("%d;%.2f;%s\n", i, float64(i)/4, "row"))
	}
	w.Write([]byte(text.String()))
}

// Note writes a line to the log for each row.
func Note(w http.ResponseWriter, r *http.Request) {
	for i := range rows {
		log.Printf("row %d: %.2f", i, float64(i)/4)
	}
}

// Glue puts a text together from pieces.
func Glue(w http.ResponseWriter, r *http.Request) {
	text := ""
	for i := range rows / 3 {
		text += "row " + strconv.Itoa(i) + " of the list, and what there is to say of it\n"
	}
	w.Write([]byte(text))
}

// Gather makes a list larger and larger.
func Gather(w http.ResponseWriter, r *http.Request) {
	var items []item
	for i := range rows * 4 {
		items = append(items, catalogue[i%len(catalogue)])
	}
	w.Write([]byte(items[len(items)-1].Name))
}

// Thrifty does all of it as it should be.
func Thrifty(w http.ResponseWriter, r *http.Request) {
	text := make([]byte, 0, rows*24)
	items := make([]item, 0, rows)
	for i := range rows {
		text = strconv.AppendInt(text, int64(i), 10)
		text = strconv.AppendFloat(append(text, ';'), float64(i)/4, 'f', 2, 64)
		text = append(text, ";row\n"...)
		items = append(items, catalogue[i%len(catalogue)])
	}
	log.Printf("%d rows", len(items))
	fmt.Fprintf(w, "%d\n", len(items))
	w.Write(text)
}
