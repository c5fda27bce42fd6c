module example.com/grpcapp

go 1.24

require google.golang.org/grpc v1.65.0

replace google.golang.org/grpc => ./stubs/grpc
