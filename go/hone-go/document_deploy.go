package main

// ComposeService is one service of a compose file. Values hold ${NAME} where compose would ask its own environment.
type ComposeService struct {
	File       string    `json:"file"`
	Name       string    `json:"name"`
	Image      string    `json:"image,omitempty"`
	Context    string    `json:"context,omitempty"` // of its build, relative to the repository
	Dockerfile string    `json:"dockerfile,omitempty"`
	Command    []string  `json:"command,omitempty"`
	Env        []Setting `json:"env"`
	EnvFiles   []string  `json:"env_files,omitempty"`
	Ports      []Port    `json:"ports,omitempty"`
	DependsOn  []string  `json:"depends_on,omitempty"`
	InitSQL    []string  `json:"init_sql,omitempty"` // what is mounted into /docker-entrypoint-initdb.d
	Limits     *Limits   `json:"limits,omitempty"`
	Origin     Origin    `json:"origin"`
}

// Limits is what one replica may use; 0 is not limited.
type Limits struct {
	CPUs         float64 `json:"cpus,omitempty"`
	Memory       int64   `json:"memory,omitempty"` // bytes
	CPUsOrigin   *Origin `json:"cpus_origin,omitempty"`
	MemoryOrigin *Origin `json:"memory_origin,omitempty"`
}

// Workload is a container of a Kubernetes manifest. Env holds the variables that stand there with their values.
type Workload struct {
	File      string    `json:"file"`
	Name      string    `json:"name"` // of the Deployment
	Container string    `json:"container"`
	Image     string    `json:"image,omitempty"`
	Limits    *Limits   `json:"limits,omitempty"`
	Env       []Setting `json:"env"`
	Origin    Origin    `json:"origin"`
}

// Port is a port of a compose service that the host can reach.
type Port struct {
	Host      string `json:"host"`
	Container string `json:"container"`
	Origin    Origin `json:"origin"`
}

// EnvFile is a file of NAME=value lines. Example is set where its name says that it is a template for a person's own.
type EnvFile struct {
	File    string    `json:"file"`
	Example bool      `json:"example,omitempty"`
	Values  []Setting `json:"values"`
}

// Dockerfile is what a Dockerfile builds and how its last stage starts it.
type Dockerfile struct {
	File    string        `json:"file"`
	Builds  []DockerBuild `json:"builds"`
	Env     []Setting     `json:"env"`
	Command []string      `json:"command,omitempty"` // ENTRYPOINT and CMD
}

// DockerBuild is a `go build`. Package is relative to the repository where that is clear.
type DockerBuild struct {
	Package string `json:"package"`
	Tags    string `json:"tags,omitempty"`
	Ldflags string `json:"ldflags,omitempty"`
	Origin  Origin `json:"origin"`
}

// Sqlc is one entry of a sqlc configuration.
type Sqlc struct {
	File    string   `json:"file"`
	Engine  string   `json:"engine,omitempty"`
	Schema  []string `json:"schema"` // files or folders, relative to the repository
	Queries []string `json:"queries"`
	Origin  Origin   `json:"origin"`
}

// Operation is a method and path of an OpenAPI document.
type Operation struct {
	Method string      `json:"method"`
	Path   string      `json:"path"` // with the server's base path
	Params []Parameter `json:"params"`
	Body   string      `json:"body,omitempty"` // an example, as JSON
	// Bodyless: the document names no body.
	Bodyless bool `json:"bodyless,omitempty"`

	Status []int  `json:"status,omitempty"` // 2xx
	Origin Origin `json:"origin"`
}

// Parameter is one of an Operation; in is path, query or header.
type Parameter struct {
	Name     string   `json:"name"`
	In       string   `json:"in"`
	Required bool     `json:"required,omitempty"`
	Type     string   `json:"type,omitempty"`
	Format   string   `json:"format,omitempty"`
	Example  string   `json:"example,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Origin   Origin   `json:"origin"`
}
