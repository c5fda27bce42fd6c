// Package grpc has the types of the library that the test needs.
package grpc

import "net"

type ServiceDesc struct{ ServiceName string }

type ServiceRegistrar interface {
	RegisterService(desc *ServiceDesc, impl any)
}

type Server struct{}

func NewServer() *Server                                      { return &Server{} }
func (s *Server) RegisterService(desc *ServiceDesc, impl any) {}
func (s *Server) Serve(lis net.Listener) error                { return nil }
