// Package slip prints packing slips for the label printers of the warehouse.
package slip

import (
	"bytes"
	"io"
	"strconv"
	"sync"

	"example.com/shop/internal/model"
)

// pageSize is the page memory of the printers: a slip must never be longer.
const pageSize = 128 << 10

// Render returns the slip of an order, one section for each line.
func Render(orderID int64, labels []model.LineLabel) []byte {
	page := bytes.NewBuffer(make([]byte, 0, pageSize))
	writeSlip(page, orderID, labels)
	return page.Bytes()
}

var pages = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, pageSize)) }}

// Print writes the slip of an order, one section for each line.
func Print(w io.Writer, orderID int64, labels []model.LineLabel) error {
	page := pages.Get().(*bytes.Buffer)
	defer pages.Put(page)
	page.Reset()
	writeSlip(page, orderID, labels)
	_, err := w.Write(page.Bytes())
	return err
}

func writeSlip(b *bytes.Buffer, orderID int64, labels []model.LineLabel) {
	writeHead(b, orderID, len(labels))
	for i, label := range labels {
		writeSection(b, i+1, label)
	}
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
