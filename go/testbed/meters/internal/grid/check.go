package grid

import "log"

// Plausible says how many readings of a site's last days are estimated or out of range.
type Plausible struct {
	Readings  int `json:"readings"`
	Estimated int `json:"estimated"`
	TooHigh   int `json:"too_high"`
}

const mostKWh = 4.0

func (p *Plausible) add(r Reading) {
	p.Readings++
	if r.State == "estimated" {
		p.Estimated++
	}
	if r.KWh > mostKWh {
		p.TooHigh++
	}
}

// Check looks at the readings one by one.
func (g *Grid) Check(site int64, days int) Plausible {
	var p Plausible
	for _, r := range g.Readings(site, days) {
		log.Printf("[DEBUG] site %d quarter %d: %.3f kWh, %s", site, r.Quarter, r.KWh, r.State)
		p.add(r)
	}
	log.Printf("[INFO] site %d: %d readings checked", site, p.Readings)
	return p
}

// Review is Check for the nightly run.
func (g *Grid) Review(site int64, days int) Plausible {
	var p Plausible
	for _, r := range g.Readings(site, days) {
		p.add(r)
	}
	log.Printf("[INFO] site %d: %d readings checked", site, p.Readings)
	return p
}
