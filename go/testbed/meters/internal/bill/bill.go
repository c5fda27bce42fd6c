// Package bill writes bills as text and keeps what was sent.
package bill

import (
	"strconv"
	"strings"

	"example.com/meters/internal/grid"
)

// Customer is who pays.
type Customer struct {
	Site        int64
	Name        string
	Tariff      string
	CentsPerKWh float64
}

const perItem = 44

// Text is the bill for the printer: an item for each six hours.
func Text(c Customer, readings []grid.Reading) string {
	text := head(c)
	for from := 0; from < len(readings); from += grid.PerDay / 4 {
		kwh := sum(readings, from)
		text += "  day " + strconv.Itoa(from/grid.PerDay+1) + " part " + strconv.Itoa(from/24%4+1) + "  " + amount(kwh) + " kWh  " + amount(kwh*c.CentsPerKWh/100) + " EUR\n"
	}
	return text
}

// Statement is the bill for the portal.
func Statement(c Customer, readings []grid.Reading) string {
	var text strings.Builder
	text.Grow(256 + len(readings)/(grid.PerDay/4)*perItem)
	text.WriteString(head(c))
	for from := 0; from < len(readings); from += grid.PerDay / 4 {
		kwh := sum(readings, from)
		text.WriteString("  day ")
		text.WriteString(strconv.Itoa(from/grid.PerDay + 1))
		text.WriteString(" part ")
		text.WriteString(strconv.Itoa(from/24%4 + 1))
		text.WriteString("  ")
		text.WriteString(amount(kwh))
		text.WriteString(" kWh  ")
		text.WriteString(amount(kwh * c.CentsPerKWh / 100))
		text.WriteString(" EUR\n")
	}
	return text.String()
}

func head(c Customer) string {
	return "Bill for " + c.Name + " (site " + strconv.FormatInt(c.Site, 10) + ")\nTariff " + c.Tariff + ", " + amount(c.CentsPerKWh) + " ct/kWh\n\n"
}

func sum(readings []grid.Reading, from int) float64 {
	var kwh float64
	for _, r := range readings[from:min(len(readings), from+grid.PerDay/4)] {
		kwh += r.KWh
	}
	return kwh
}

func amount(value float64) string { return strconv.FormatFloat(value, 'f', 2, 64) }
