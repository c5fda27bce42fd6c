// Package slip prints packing slips for the label printers of the warehouse.
package slip

import (
	"bytes"
	"io"
	"strconv"
	"sync"

	"example.com/shop/internal/model"
)

// sectionSize is the page memory of the printers, 200 mm of 1 bit dots: a section must never be longer.
const sectionSize = 72 << 10

// Render returns the slip of an order, one section for each line.
func Render(orderID int64, labels []model.LineLabel) []byte {
	var slip bytes.Buffer
	writeHead(&slip, orderID, len(labels))
	for i, label := range labels {
		section := bytes.NewBuffer(make([]byte, 0, sectionSize))
		writeSection(section, i+1, label)
		slip.Write(section.Bytes())
	}
	return slip.Bytes()
}

var sections = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, sectionSize)) }}

// Print writes the slip of an order, one section for each line.
func Print(w io.Writer, orderID int64, labels []model.LineLabel) error {
	section := sections.Get().(*bytes.Buffer)
	defer sections.Put(section)
	section.Reset()
	writeHead(section, orderID, len(labels))
	if _, err := w.Write(section.Bytes()); err != nil {
		return err
	}
	for i, label := range labels {
		section.Reset()
		writeSection(section, i+1, label)
		if _, err := w.Write(section.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func writeHead(b *bytes.Buffer, orderID int64, lines int) {
	b.WriteString("^XA^CF0,60^FO50,50^FDOrder ")
	b.WriteString(strconv.FormatInt(orderID, 10))
	b.WriteString("^FS^FO50,120^FD")
	b.WriteString(strconv.Itoa(lines))
	b.WriteString(" lines^FS^XZ\n")
}

func writeSection(b *bytes.Buffer, position int, l model.LineLabel) {
	b.WriteString("^XA^FO50,50^FD")
	b.WriteString(strconv.Itoa(position))
	b.WriteString(": ")
	b.WriteString(l.Name)
	b.WriteString("^FS^FO50,90^BY3^BCN,100,Y,N,N^FD")
	b.WriteString(l.SKU)
	b.WriteString("^FS^FO50,230^FDqty ")
	b.WriteString(strconv.Itoa(int(l.Quantity)))
	b.WriteString("^FS^FO50,270^FDweight ")
	writeKilograms(b, int(l.Weight)*int(l.Quantity))
	b.WriteString("^FS^XZ\n")
}

func writeKilograms(b *bytes.Buffer, grams int) {
	b.WriteString(strconv.Itoa(grams / 1000))
	b.WriteByte('.')
	rest := strconv.Itoa(1000 + grams%1000)
	b.WriteString(rest[1:])
	b.WriteString(" kg")
}
