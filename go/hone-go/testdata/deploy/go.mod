module example.com/deploy

go 1.24

require github.com/spf13/viper v1.20.0

replace github.com/spf13/viper => ./stubs/viper
