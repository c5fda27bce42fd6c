// Package label draws shipping labels for the thermal printers (ZPL, 203 dpi).
package label

import (
	"fmt"
	"hash/fnv"
	"io"
	"sync"
)

const (
	widthBytes = 104 // 832 dots
	height     = 1216
)

// Data is what is printed.
type Data struct {
	Number, Name, City, Service string
}

// Print sends the label to w.
func Print(w io.Writer, d Data) error {
	bitmap := make([]byte, widthBytes*height)
	draw(bitmap, d)
	text := make([]byte, 0, 32<<10)
	text = encode(text, bitmap, d)
	_, err := w.Write(text)
	return err
}

type sheet struct {
	bitmap []byte
	text   []byte
}

var sheets = sync.Pool{New: func() any {
	return &sheet{make([]byte, widthBytes*height), make([]byte, 0, 32<<10)}
}}

// Reprint is Print for the depots' own printers.
func Reprint(w io.Writer, d Data) error {
	s := sheets.Get().(*sheet)
	defer sheets.Put(s)
	clear(s.bitmap)
	draw(s.bitmap, d)
	s.text = encode(s.text[:0], s.bitmap, d)
	_, err := w.Write(s.text)
	return err
}

// draw puts the routing code (a grid of blocks) and the bars of the number on the sheet.
func draw(bitmap []byte, d Data) {
	h := fnv.New64a()
	io.WriteString(h, d.Number+d.City+d.Service)
	code := h.Sum64()
	for row := range 8 {
		for col := range 8 {
			if code>>(row*8+col)&1 == 0 {
				continue
			}
			for y := range 24 {
				at := (40+row*24+y)*widthBytes + 8 + col*3
				bitmap[at], bitmap[at+1], bitmap[at+2] = 0xff, 0xff, 0xff
			}
		}
	}
	for i := range len(d.Number) {
		c := d.Number[i]
		for y := 900; y < 1100; y++ {
			at := y*widthBytes + 10 + i*4
			bitmap[at], bitmap[at+1], bitmap[at+2] = c, c<<1|1, ^c
		}
	}
}

const digits = "0123456789ABCDEF"

// encode writes ZPL: equal rows are written as ':', the rest of a row that is empty as ','.
func encode(out, bitmap []byte, d Data) []byte {
	out = fmt.Appendf(out, "^XA^FO40,320^FD%s^FS^FO40,360^FD%s^FS^FO40,400^FD%s %s^FS", d.Name, d.City, d.Service, d.Number)
	out = fmt.Appendf(out, "^FO0,0^GFA,%d,%d,%d,", len(bitmap), len(bitmap), widthBytes)
	var last []byte
	for y := range height {
		row := bitmap[y*widthBytes : (y+1)*widthBytes]
		if last != nil && string(row) == string(last) {
			out = append(out, ':')
			continue
		}
		last = row
		end := len(row)
		for end > 0 && row[end-1] == 0 {
			end--
		}
		for _, b := range row[:end] {
			out = append(out, digits[b>>4], digits[b&15])
		}
		if end < len(row) {
			out = append(out, ',')
		}
	}
	return append(out, "^FS^XZ"...)
}
