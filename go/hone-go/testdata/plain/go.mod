module example.com/plainapp

go 1.24

require (
	github.com/dimfeld/httptreemux/v5 v5.5.0
	github.com/julienschmidt/httprouter v1.3.0
	github.com/uptrace/bunrouter v1.0.23
)
