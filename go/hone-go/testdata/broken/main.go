package main

import (
	"net/http"
	"os"
)

func main() {
	var n int = "text"
	http.HandleFunc("/still", still)
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}

func still(w http.ResponseWriter, r *http.Request) { missing() }
