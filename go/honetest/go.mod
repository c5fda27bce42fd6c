module hone.dev/honetest

go 1.24.0
