package main

import (
	"go/ast"
	"strings"
)

// answerHeaders are the calls that set a header of the answer.
var answerHeaders = map[string]bool{
	"net/http.Header.Set": true, "net/http.Header.Add": true, "github.com/gin-gonic/gin.Context.Header": true,
	"github.com/gofiber/fiber.Ctx.Set": true, "github.com/gofiber/fiber.Ctx.Append": true,
}

// etag notes that the answer says which version of a thing it is of (RFC 9110, section 8.8.3): who changes the thing may have to name it.
func (w *hintWalker) etag(name string, call *ast.CallExpr, s *hintScope) {
	if !answerHeaders[name] || len(call.Args) < 2 {
		return
	}
	for _, value := range w.words(call.Args[0], s) {
		text, ok := value.plain()
		w.route.ETag = w.route.ETag || ok && strings.EqualFold(text, "ETag")
	}
}
