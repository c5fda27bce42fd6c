module example.com/muxapp

go 1.24

require (
	github.com/gorilla/mux v1.8.1
	github.com/lib/pq v1.10.9
)
