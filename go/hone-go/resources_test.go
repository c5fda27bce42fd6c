package main

import (
	"encoding/json"
	"testing"
)

func TestLimitsOfComposeAndManifests(t *testing.T) {
	document := inspectDocument(t, write(t, "go.mod", "module m\n\ngo 1.24\n", "m.go", "package main\n\nfunc main() {}\n",
		"compose.yml", `services:
  a:
    deploy:
      resources:
        limits:
          cpus: "0.5"
          memory: 256M
        reservations:
          memory: 64M
  b:
    cpus: 1.5
    mem_limit: ${MEMORY:-1g}
  c:
    mem_limit: ${MEMORY}
`, "deploy/app.yaml", `apiVersion: v1
kind: Service
metadata:
  name: m
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  template:
    spec:
      containers:
        - name: shop
          image: registry/shop:1
          env:
            - name: GOMEMLIMIT
              value: 115MiB
            - name: KEY
              valueFrom: {}
          resources:
            limits:
              cpu: 250m
              memory: 128Mi
        - name: proxy
`, "deploy/template.yaml", "kind: Deployment\nmetadata:\n  name: {{ .Name }}\n"))
	got, _ := json.Marshal([]any{document.Compose[0].Limits, document.Compose[1].Limits, document.Compose[2].Limits, document.Workloads})
	want := `[{"cpus":0.5,"memory":268435456,"cpus_origin":{"file":"compose.yml","line":6},"memory_origin":{"file":"compose.yml","line":7}},` +
		`{"cpus":1.5,"memory":1073741824,"cpus_origin":{"file":"compose.yml","line":11},"memory_origin":{"file":"compose.yml","line":12}},null,` +
		`[{"file":"deploy/app.yaml","name":"shop","container":"shop","image":"registry/shop:1",` +
		`"limits":{"cpus":0.25,"memory":134217728,"cpus_origin":{"file":"deploy/app.yaml","line":23},"memory_origin":{"file":"deploy/app.yaml","line":24}},` +
		`"env":[{"name":"GOMEMLIMIT","value":"115MiB","origin":{"file":"deploy/app.yaml","line":17}}],"origin":{"file":"deploy/app.yaml","line":14}},` +
		`{"file":"deploy/app.yaml","name":"shop","container":"proxy","env":[],"origin":{"file":"deploy/app.yaml","line":25}}]]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestQuantities(t *testing.T) {
	for text, want := range map[string]int64{"128Mi": 128 << 20, "1G": 1e9, "1e3": 1000, "1.5Gi": 3 << 29, "12X": 0, "-1": 0, "": 0, "9e99": 0} {
		if got := bytesIn(text, kubeUnits); got != want {
			t.Errorf("%q: %d, not %d", text, got, want)
		}
	}
	if got := composeBytes("512MB"); got != 512<<20 {
		t.Errorf("512MB: %d", got)
	}
}
