module example.com/settings

go 1.24

require (
	github.com/caarlos0/env/v11 v11.0.0
	github.com/kelseyhightower/envconfig v1.4.0
	github.com/spf13/cobra v1.9.0
	github.com/spf13/viper v1.20.0
)

replace (
	github.com/caarlos0/env/v11 => ./stubs/env
	github.com/kelseyhightower/envconfig => ./stubs/envconfig
	github.com/spf13/cobra => ./stubs/cobra
	github.com/spf13/viper => ./stubs/viper
)
