// What Go's symbol names mean: package, receiver, function and closure of a frame, whose code it is, and how people
// write it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone::golang {

// A module whose code is the user's. `dir` may be empty; then files of package main keep their paths.
struct Module {
  std::string path = {};  // "example.com/shop"
  std::string dir = {};   // absolute
};

// A symbol as the linker and pprof write it, taken apart.
struct Symbol {
  std::string package =
      {};  // import path with its escapes undone: "gopkg.in/yaml.v3", "main"; empty if the name has none (C, assembly)
  std::string receiver = {};  // "OrderStore"; empty for a function
  bool pointer = false;       // the receiver is a pointer
  std::string name = {};      // the declared function: "List"; "init" for package initialisation
  std::string closure =
      {};                // what follows it: "func1.2", "gowrap1", "deferwrap1", "fm" (a method value); empty for itself
  bool generic = false;  // it has type arguments, which pprof writes [...]
};

// Takes `name` apart. Never fails: what cannot be told is left in `name`. A value receiver cannot be told from a
// function that was inlined into another one and whose closure runs ("main.a.b.func1"): it is read as a receiver.
Symbol ParseSymbol(std::string_view name);

// Only the import path of ParseSymbol, as a view into `name` (escapes kept): the quick part.
std::string_view PackageOf(std::string_view name);

// "store.(*OrderStore).List", "store.(*OrderStore).List.func1", "yaml.v3.Unmarshal": the last element of the import
// path and the rest.
std::string ShortName(std::string_view name);

// Whether `name` is `function`, a method value of it, or a closure, deferred call or goroutine body written in it.
bool IsWithin(std::string_view name, std::string_view function);

enum class Origin {
  kRuntime,     // runtime, internal/runtime/...: what the language does by itself
  kStandard,    // the rest of the standard library
  kThirdParty,  // modules that are not the user's, vendored ones too
  kUser,        // the user's modules, and package main
  kUnknown,     // no Go package in the name
};

// Whose code a frame is. An import path whose first element has no dot is the standard library's, unless it lies in one
// of `modules`.
Origin Classify(std::string_view name, std::span<const Module> modules);

// The path of `file` relative to its module: absolute paths under a module's dir, paths of `go build -trimpath`
// ("example.com/shop/x.go"), and, where no dir is known, the end of the path that the import path of `symbol` tells.
// Other paths come back as they are.
std::string RelativeFile(std::string_view file, std::string_view symbol, std::span<const Module> modules);

}  // namespace hone::golang
