#include "ops/init_operations.h"

#include <algorithm>
#include <vector>

#include "net/url.h"

namespace hone::ops {
namespace {

using golang::Operation;
using golang::Route;

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) segments.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

bool SameSegment(std::string_view a, std::string_view b) {
  return a == b || (a.starts_with('{') && b.starts_with('{'));
}

// Whether the longer of the two ends in the other, and is it.
bool EndsAlike(std::vector<std::string_view> a, std::vector<std::string_view> b) {
  if (a.size() < b.size()) std::swap(a, b);
  return !b.empty() && std::equal(b.rbegin(), b.rend(), a.rbegin(), SameSegment);
}

bool Same(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  return std::ranges::equal(a, b, SameSegment);
}

// Text that needs no encoding in a URL.
bool IsPlain(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  });
}

// Encoded, but for commas, which keep the elements of a list apart.
std::string InQuery(std::string_view value) {
  std::string encoded;
  for (const char c : value) encoded += c == ',' ? "," : net::PercentEncode(std::string_view(&c, 1));
  return encoded;
}

}  // namespace

const Operation* FindOperation(const golang::Inspection& inspection, const Route& route) {
  const auto wanted = Segments(route.path_template);
  const Operation* alike = nullptr;
  int count = 0;
  for (const Operation& operation : inspection.operations) {
    if (operation.method != route.method) continue;
    const auto path = Segments(operation.path);
    if (Same(path, wanted)) return &operation;
    if (!EndsAlike(path, wanted)) continue;
    alike = &operation;
    ++count;
  }
  return count == 1 ? alike : nullptr;
}

std::optional<ShownValue> ShownFor(const Operation& operation, std::string_view in, std::string_view name) {
  for (const golang::OperationParameter& parameter : operation.parameters) {
    if (parameter.in != in || parameter.name != name) continue;
    for (const std::string& value : {parameter.example, parameter.choices.empty() ? "" : parameter.choices[0]}) {
      if (IsPlain(value)) return ShownValue{value, golang::ToString(parameter.origin)};
    }
  }
  return std::nullopt;
}

std::string NameInOperation(const Operation& operation, const Route& route, std::string_view name) {
  const auto ours = Segments(route.path_template);
  const auto theirs = Segments(operation.path);
  for (size_t i = 1; i <= std::min(ours.size(), theirs.size()); ++i) {
    const std::string_view here = ours[ours.size() - i];
    const std::string_view there = theirs[theirs.size() - i];
    if (here == "{" + std::string(name) + "}" && there.size() > 2)
      return std::string(there.substr(1, there.size() - 2));
  }
  return std::string(name);
}

std::optional<RequestExample> RequestOf(const Operation& operation, const Route& route) {
  RequestExample request{.origin = golang::ToString(operation.origin)};
  if (operation.body.starts_with('{')) request.body = operation.body;
  for (const golang::Parameter& parameter : route.path_parameters) {
    const auto shown = ShownFor(operation, "path", NameInOperation(operation, route, parameter.name));
    if (!shown) return std::nullopt;
    request.path[parameter.name] = shown->value;
  }
  for (const golang::OperationParameter& parameter : operation.parameters) {
    if (parameter.in != "query" || !parameter.required || parameter.example.empty()) continue;
    request.query.emplace_back(parameter.name, InQuery(parameter.example));
  }
  return request;
}

}  // namespace hone::ops
