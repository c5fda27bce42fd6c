// What a repository's OpenAPI documents, or comments that take their place, say of its routes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "golang/inspection.h"
#include "ops/request_examples.h"

namespace hone::ops {

// The operation of a route: the same method and the same path but for the parameters' names; where none has, one whose
// path has a base before it that the code's has not, or the other way round, if there is only one. nullptr otherwise.
const golang::Operation* FindOperation(const golang::Inspection& inspection, const golang::Route& route);

// A value that the document shows for a parameter, as it may stand in a URL.
struct ShownValue {
  std::string value = {};
  std::string origin = {};
};
// `in` is "path" or "query"; path parameters are found by their place, names need not agree.
std::optional<ShownValue> ShownFor(const golang::Operation& operation, std::string_view in, std::string_view name);

// The name that the operation gives to the path parameter that the route calls `name`.
std::string NameInOperation(const golang::Operation& operation, const golang::Route& route, std::string_view name);

// The request that the examples of its parameters make, without what a query need not have; empty where one of the path
// has none.
std::optional<RequestExample> RequestOf(const golang::Operation& operation, const golang::Route& route);

}  // namespace hone::ops
