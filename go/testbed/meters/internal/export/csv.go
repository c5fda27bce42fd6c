// Package export writes readings as files.
package export

import (
	"bytes"
	"fmt"
	"strconv"

	"example.com/meters/internal/grid"
)

const (
	header  = "site;day;time;kwh;state\n"
	perLine = 30
)

// CSV is the file that customers download.
func CSV(site int64, readings []grid.Reading) []byte {
	var b bytes.Buffer
	b.Grow(len(header) + perLine*len(readings))
	b.WriteString(header)
	for _, r := range readings {
		at := r.Quarter % grid.PerDay
		b.WriteString(fmt.Sprintf("%d;%d;%02d:%02d;%.3f;%s\n", site, r.Quarter/grid.PerDay+1, at/4, at%4*15, r.KWh, r.State))
	}
	return b.Bytes()
}

// Lines is the file that the grid operator fetches.
func Lines(site int64, readings []grid.Reading) []byte {
	b := make([]byte, 0, len(header)+perLine*len(readings))
	b = append(b, header...)
	for _, r := range readings {
		at := r.Quarter % grid.PerDay
		b = strconv.AppendInt(b, site, 10)
		b = append(b, ';')
		b = strconv.AppendInt(b, int64(r.Quarter/grid.PerDay+1), 10)
		b = append(b, ';')
		b = appendTwo(b, at/4)
		b = append(b, ':')
		b = appendTwo(b, at%4*15)
		b = append(b, ';')
		b = strconv.AppendFloat(b, r.KWh, 'f', 3, 64)
		b = append(b, ';')
		b = append(b, r.State...)
		b = append(b, '\n')
	}
	return b
}

func appendTwo(b []byte, n int) []byte {
	return append(b, byte('0'+n/10), byte('0'+n%10))
}
