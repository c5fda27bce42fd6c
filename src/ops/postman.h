// Postman collections as the documents of requests that they are. Pure.
#pragma once

#include <string>
#include <string_view>

namespace hone::ops {

// Whether a file of that name is one: "docs/shop.postman_collection.json".
bool IsPostmanCollection(std::string_view file);

// The requests of a collection (its v2.0 and v2.1 formats) in the form of a file of HTTP requests: method and address,
// below that the body, with the collection's variables filled in. A request stands at the line at which its address
// stands in the collection, or behind the one before it. Empty where it is no collection.
std::string RequestsOfCollection(std::string_view json);

}  // namespace hone::ops
