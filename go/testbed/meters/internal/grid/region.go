package grid

// Standing is what a region's meters say together.
type Standing struct {
	Meters  int     `json:"meters"`
	KWh     float64 `json:"kwh"`
	Highest string  `json:"highest"`
}

// Standing sums the meters of a region. A serial may occur twice after an exchange: the higher counter is the right one.
func (g *Grid) Standing(region string) Standing {
	last := map[string]float64{}
	for _, m := range g.meters[region] {
		if m.KWh > last[m.Serial] {
			last[m.Serial] = m.KWh
		}
	}
	return sum(last)
}

// Balance is Standing for the balancing group.
func (g *Grid) Balance(region string) Standing {
	meters := g.meters[region]
	last := make(map[string]float64, len(meters))
	for _, m := range meters {
		if m.KWh > last[m.Serial] {
			last[m.Serial] = m.KWh
		}
	}
	return sum(last)
}

func sum(last map[string]float64) Standing {
	s := Standing{Meters: len(last)}
	var most float64
	for serial, kwh := range last {
		s.KWh += kwh // all are quarters: exact in any order
		if kwh > most || kwh == most && serial < s.Highest {
			most, s.Highest = kwh, serial
		}
	}
	return s
}
