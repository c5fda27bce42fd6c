package main

// assignOwners says for variables, connections and configuration files which programs they belong to: those that import the
// package. Of a package that no program imports nothing is said.
func (p *Program) assignOwners() {
	mains := map[string][]string{}
	for _, pkg := range p.packages {
		owners := p.mainsOf(pkg)
		for _, file := range pkg.GoFiles {
			mains[p.relative(file)] = owners
		}
	}
	for i := range p.doc.Env {
		p.doc.Env[i].Mains = mains[p.doc.Env[i].Origin.File]
	}
	for i := range p.doc.Database.Connect {
		p.doc.Database.Connect[i].Mains = mains[p.doc.Database.Connect[i].Origin.File]
	}
	for i := range p.doc.Database.PoolSizes {
		p.doc.Database.PoolSizes[i].Mains = mains[p.doc.Database.PoolSizes[i].Origin.File]
	}
	for i := range p.doc.Config {
		p.doc.Config[i].Mains = mains[p.doc.Config[i].Origin.File]
	}
}
