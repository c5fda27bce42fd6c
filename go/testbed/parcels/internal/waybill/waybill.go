// Package waybill knows what tracking numbers look like.
package waybill

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

var ErrNumber = errors.New("not a tracking number")

// Format of one carrier's numbers.
type Format struct{ Carrier, Pattern string }

// Formats in the order in which they are tried, our own last.
var Formats = []Format{
	{"UPS", `^1Z[0-9A-Z]{6}(?P<service>\d{2})\d{7}(?P<check>[0-9A-Z])$`},
	{"DHL", `^(?:JJD?|JVGL)\d{16,18}$`},
	{"DPD", `^(?P<depot>\d{4})(?P<serial>\d{10})[A-Z]?$`},
	{"GLS", `^(?:[A-Z]{2}\d{9}|Z[0-9A-Z]{7})$`},
	{"HRM", `^H\d{10}(?:\d{4}|[A-Z]{2}\d{2})$`},
	{"TNT", `^GE\d{9}(?:WW|GB|DE)$`},
	{"OWN", `^FP(?P<serial>\d{9})(?P<country>DE|AT|CH|NL|PL)$`},
}

// Number as it was recognised.
type Number struct{ Carrier, Text string }

func tidy(raw string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", ".", "").Replace(raw))
}

// Recognise says whose number it is.
func Recognise(raw string) (Number, error) {
	text := tidy(raw)
	for _, f := range Formats {
		re, err := regexp.Compile(f.Pattern)
		if err != nil {
			continue // reported when the table is loaded
		}
		if re.MatchString(text) {
			return Number{f.Carrier, text}, nil
		}
	}
	return Number{}, ErrNumber
}

type known struct {
	carrier string
	re      *regexp.Regexp
}

var compiled = func() (list []known) {
	for _, f := range Formats {
		list = append(list, known{f.Carrier, regexp.MustCompile(f.Pattern)})
	}
	return list
}()

// Identify is Recognise for the short links.
func Identify(raw string) (Number, error) {
	text := tidy(raw)
	for _, k := range compiled {
		if k.re.MatchString(text) {
			return Number{k.carrier, text}, nil
		}
	}
	return Number{}, ErrNumber
}

// Own makes our number for a serial.
func Own(serial int) string {
	s := strconv.Itoa(serial)
	return "FP" + strings.Repeat("0", 9-len(s)) + s + "DE"
}
