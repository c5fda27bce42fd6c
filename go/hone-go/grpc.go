package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/packages"
)

var registerServer = regexp.MustCompile(`^Register([A-Z]\w*)Server$`)

// grpcServices lists the methods of every gRPC service that is registered: RegisterXServer(s, implementation).
func (p *Program) grpcServices() {
	p.eachCall(func(pkg *packages.Package, call *ast.CallExpr, within string) {
		fn := callee(pkg.TypesInfo, call)
		if fn == nil || fn.Pkg() == nil || len(call.Args) != 2 || p.isGenerated(pkg, call) {
			return
		}
		m := registerServer.FindStringSubmatch(fn.Name())
		signature := fn.Type().(*types.Signature)
		if m == nil || signature.Recv() != nil || signature.Params().Len() != 2 || !isRegistrar(signature.Params().At(0).Type()) {
			return
		}
		contract, ok := signature.Params().At(1).Type().Underlying().(*types.Interface)
		if !ok {
			return
		}
		for i := range contract.NumMethods() {
			if method := contract.Method(i); method.Exported() {
				p.addRPC(pkg, call, fn.Pkg(), m[1], method)
			}
		}
	})
}

func isRegistrar(t types.Type) bool {
	path := typePath(t)
	return path == "google.golang.org/grpc.ServiceRegistrar" || path == "google.golang.org/grpc.Server"
}

// isGenerated says whether a call stands in the file that protoc wrote.
func (p *Program) isGenerated(pkg *packages.Package, call *ast.CallExpr) bool {
	return strings.HasSuffix(p.fset.Position(call.Pos()).Filename, "_grpc.pb.go")
}

func (p *Program) addRPC(pkg *packages.Package, call *ast.CallExpr, service *types.Package, name string, method *types.Func) {
	route := Route{Method: "RPC", Framework: "grpc", Middleware: []string{}, Origin: p.origin(callPos(call)), Responses: []Response{},
		Mains: p.mainsOf(pkg)}
	route.Path, route.Partial = fullMethod(service, name, method.Name())
	route.Template = route.Path
	implementation, _, _ := types.LookupFieldOrMethod(pkg.TypesInfo.TypeOf(call.Args[1]), true, pkg.Types, method.Name())
	if fn, ok := implementation.(*types.Func); ok {
		route.Handler, route.ValueSymbol = funcSymbol(fn), funcSymbol(fn)
		if own := p.body(fn); own != nil {
			declared := p.origin(own.decl.Pos())
			route.Declared = &declared
		}
	}
	p.doc.Routes = append(p.doc.Routes, route)
}

// fullMethod is "/package.Service/Method" out of the constant that newer generators write, or else with the package unknown.
func fullMethod(service *types.Package, name, method string) (path string, partial bool) {
	if c, ok := service.Scope().Lookup(name + "_" + method + "_FullMethodName").(*types.Const); ok && c.Val().Kind() == constant.String {
		return constant.StringVal(c.Val()), false
	}
	return "/${?}." + name + "/" + method, true
}

// mainsOf are the programs that import a package of the module.
func (p *Program) mainsOf(pkg *packages.Package) []string {
	mains := []string{}
	for _, m := range p.packages {
		if m.Name == "main" && p.reachable(m)[pkg] {
			mains = append(mains, m.PkgPath)
		}
	}
	return union(mains, nil)
}
