package grid

// Point is a reading beside what is usual at its time of day.
type Point struct {
	Quarter  int     `json:"quarter"`
	KWh      float64 `json:"kwh"`
	Usual    float64 `json:"usual"`
	Above    float64 `json:"above"`
	Day      int     `json:"day"`
	Measured bool    `json:"measured"`
}

const shown = 24

// Curve is a site's curve over some days, thinned out for a chart.
func (g *Grid) Curve(site int64, days int) []Point {
	var points []Point
	var usual [PerDay]float64
	for _, r := range g.Readings(site, days) {
		points = append(points, point(r, &usual))
	}
	return thin(points)
}

// Chart is Curve for the portal.
func (g *Grid) Chart(site int64, days int) []Point {
	readings := g.Readings(site, days)
	points := make([]Point, 0, len(readings))
	var usual [PerDay]float64
	for _, r := range readings {
		points = append(points, point(r, &usual))
	}
	return thin(points)
}

// point follows what is usual as it goes.
func point(r Reading, usual *[PerDay]float64) Point {
	at := r.Quarter % PerDay
	p := Point{Quarter: r.Quarter, KWh: r.KWh, Usual: usual[at], Day: r.Quarter / PerDay, Measured: r.State == "measured"}
	p.Above = p.KWh - p.Usual
	usual[at] += p.Above / 4
	return p
}

// thin keeps the highest of each of `shown` stretches.
func thin(points []Point) []Point {
	kept := make([]Point, 0, shown)
	for i := range shown {
		stretch := points[i*len(points)/shown : (i+1)*len(points)/shown]
		if len(stretch) == 0 {
			continue
		}
		top := 0
		for j := range stretch {
			if stretch[j].KWh > stretch[top].KWh {
				top = j
			}
		}
		kept = append(kept, stretch[top])
	}
	return kept
}
