package httpapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"example.com/shop/internal/model"
)

func (a *API) exportCatalogue(c *gin.Context) {
	q, ok := query[categoryQuery](c)
	if !ok {
		return
	}
	export, err := a.Catalogue.Export(c.Request.Context(), q.Category)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, export)
}

var feedBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (a *API) catalogueFeed(c *gin.Context) {
	q, ok := query[categoryQuery](c)
	if !ok {
		return
	}
	buf := feedBuffers.Get().(*[]byte)
	defer feedBuffers.Put(buf)
	feed := feedWriter{buf: (*buf)[:0]}
	err := a.Catalogue.Feed(c.Request.Context(), q.Category, feed.item)
	*buf = feed.end()
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", *buf)
}

// feedWriter writes what encoding/json would make of a service.CatalogueExport, item by item.
type feedWriter struct {
	buf   []byte
	count int
}

func (f *feedWriter) item(p *model.CatalogueItem) {
	if f.count == 0 {
		f.buf = append(f.buf, `{"items":[`...)
	} else {
		f.buf = append(f.buf, ',')
	}
	f.buf = appendItem(f.buf, p)
	f.count++
}

func (f *feedWriter) end() []byte {
	if f.count == 0 {
		f.buf = append(f.buf, `{"items":[`...)
	}
	f.buf = appendInt(f.buf, `],"count":`, int64(f.count))
	return append(f.buf, '}')
}

func appendItem(b []byte, p *model.CatalogueItem) []byte {
	b = appendInt(b, `{"id":`, p.ID)
	b = appendString(b, `,"sku":`, p.SKU)
	b = appendString(b, `,"name":`, p.Name)
	b = appendString(b, `,"description":`, p.Description)
	b = appendRef(b, `,"supplier":`, p.Supplier)
	b = appendInt(b, `,"price_cents":`, p.PriceCents)
	b = append(b, `,"prices":[`...)
	for i, price := range p.Prices {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, `{"currency":`, price.Currency)
		b = appendInt(b, `,"cents":`, price.Cents)
		b = appendInt(b, `,"tax_cents":`, price.TaxCents)
		b = append(b, '}')
	}
	b = append(b, `],"images":[`...)
	for i, image := range p.Images {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, `{"kind":`, image.Kind)
		b = appendString(b, `,"path":`, image.Path)
		b = appendInt(b, `,"width":`, int64(image.Width))
		b = appendInt(b, `,"height":`, int64(image.Height))
		b = append(b, '}')
	}
	b = appendInt(b, `],"weight_grams":`, int64(p.WeightGrams))
	b = append(b, `,"updated_at":"`...)
	b = p.UpdatedAt.AppendFormat(b, time.RFC3339Nano)
	return append(b, `"}`...)
}

func appendRef(b []byte, key string, r model.Ref) []byte {
	b = append(b, key...)
	b = appendInt(b, `{"id":`, r.ID)
	b = appendString(b, `,"name":`, r.Name)
	return append(b, '}')
}

func appendInt(b []byte, key string, v int64) []byte {
	return strconv.AppendInt(append(b, key...), v, 10)
}

// appendString escapes what encoding/json escapes, so that partners see no difference.
func appendString(b []byte, key, s string) []byte {
	b = append(b, key...)
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = appendEscaped(b, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && size == 1) || r == '\u2028' || r == '\u2029' {
			b = append(b, s[start:i]...)
			b = append(b, `\u`...)
			b = appendHex(b, r)
			start = i + size
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return appendHex(append(b, `\u`...), rune(c))
}

func appendHex(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
