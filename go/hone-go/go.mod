module hone.dev/hone-go

go 1.24.0

require (
	github.com/jinzhu/inflection v1.0.0
	go.yaml.in/yaml/v3 v3.0.6
	golang.org/x/tools v0.42.0
)

require (
	golang.org/x/mod v0.33.0 // indirect
	golang.org/x/sync v0.19.0 // indirect
)
