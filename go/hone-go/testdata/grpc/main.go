package main

import (
	"context"
	"net"
	"net/http"
	"os"

	"google.golang.org/grpc"

	"example.com/grpcapp/pb"
)

type server struct{ pb.UnimplementedParcelsServer }

func (s *server) Get(ctx context.Context, in *pb.Request) (*pb.Answer, error) {
	return &pb.Answer{}, nil
}

func main() {
	lis, err := net.Listen("tcp", os.Getenv("GRPC_ADDR"))
	if err != nil {
		panic(err)
	}
	s := grpc.NewServer()
	pb.RegisterParcelsServer(s, &server{})
	go s.Serve(lis)
	// Health beside it, behind a mux of its own.
	inner := http.NewServeMux()
	inner.HandleFunc("GET /live/{what}", live)
	outer := http.NewServeMux()
	outer.Handle("/health/", http.StripPrefix("/health", inner))
	http.ListenAndServe(":8080", outer)
}

func live(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }
