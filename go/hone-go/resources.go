package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var workloadKind = regexp.MustCompile(`(?m)^kind:\s*["']?(?:Deployment|StatefulSet|DaemonSet)\b`)

// limits reads deploy.resources.limits and the older cpus and mem_limit; nil for none that is understood.
func (c composeReader) limits(service *yaml.Node) *Limits {
	limits := member(member(member(service, "deploy"), "resources"), "limits")
	read := limitsReader{file: c.file}
	read.cpu(c.text(member(limits, "cpus")), member(limits, "cpus"))
	read.cpu(c.text(member(service, "cpus")), member(service, "cpus"))
	read.memory(composeBytes(c.text(member(limits, "memory"))), member(limits, "memory"))
	read.memory(composeBytes(c.text(member(service, "mem_limit"))), member(service, "mem_limit"))
	return read.limits
}

// limitsReader keeps the first value of each kind.
type limitsReader struct {
	file   string
	limits *Limits
}

func (r *limitsReader) set() *Limits {
	if r.limits == nil {
		r.limits = &Limits{}
	}
	return r.limits
}

// cpu takes "0.5", "2" and Kubernetes' "500m".
func (r *limitsReader) cpu(text string, at *yaml.Node) {
	milli, isMilli := strings.CutSuffix(text, "m")
	cpus, err := strconv.ParseFloat(milli, 64)
	if err != nil || !(cpus > 0) || math.IsInf(cpus, 0) || r.limits != nil && r.limits.CPUs != 0 {
		return
	}
	if isMilli {
		cpus /= 1000
	}
	r.set().CPUs = cpus
	r.set().CPUsOrigin = &Origin{r.file, at.Line}
}

func (r *limitsReader) memory(bytes int64, at *yaml.Node) {
	if bytes <= 0 || r.limits != nil && r.limits.Memory != 0 {
		return
	}
	r.set().Memory = bytes
	r.set().MemoryOrigin = &Origin{r.file, at.Line}
}

var (
	quantity     = regexp.MustCompile(`^([0-9.]+(?:[eE][0-9]+)?)([A-Za-z]*)$`)
	composeUnits = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30}
	kubeUnits    = map[string]float64{"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
)

// composeBytes is "512m" of compose, whose units are binary; 0 for what is none.
func composeBytes(text string) int64 {
	return bytesIn(strings.ToLower(text), composeUnits)
}

func bytesIn(text string, units map[string]float64) int64 {
	m := quantity.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	unit, known := units[m[2]]
	number, err := strconv.ParseFloat(m[1], 64)
	if !known || err != nil || number*unit > 1<<50 {
		return 0
	}
	return int64(number * unit)
}

// manifest reads the containers of Deployments and their like in a Kubernetes manifest; templates that are no YAML are left out.
func (p *Program) manifest(file string) {
	data, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil || len(data) > 1<<20 || !workloadKind.Match(data) {
		return
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return
		}
		if len(document.Content) > 0 {
			p.workload(file, document.Content[0])
		}
	}
}

func (p *Program) workload(file string, root *yaml.Node) {
	if !workloadKind.MatchString("kind: " + scalar(member(root, "kind"))) {
		return
	}
	spec := member(member(member(root, "spec"), "template"), "spec")
	for _, container := range elements(member(spec, "containers")) {
		read := limitsReader{file: file}
		limits := member(member(container, "resources"), "limits")
		read.cpu(scalar(member(limits, "cpu")), member(limits, "cpu"))
		read.memory(bytesIn(scalar(member(limits, "memory")), kubeUnits), member(limits, "memory"))
		workload := Workload{File: file, Name: scalar(member(member(root, "metadata"), "name")), Container: scalar(member(container, "name")),
			Image: scalar(member(container, "image")), Limits: read.limits, Env: []Setting{}, Origin: Origin{file, container.Line}}
		for _, variable := range elements(member(container, "env")) {
			if value := member(variable, "value"); value != nil {
				workload.Env = append(workload.Env, Setting{scalar(member(variable, "name")), scalar(value), Origin{file, variable.Line}})
			}
		}
		p.doc.Workloads = append(p.doc.Workloads, workload)
	}
}
