#include "ops/route_names.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace hone::ops {
namespace {

std::vector<std::string> SegmentsOf(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// "{path...}", or "*": the rest of a path, however many segments it has.
bool IsRest(std::string_view segment) {
  return segment.starts_with('*') || (segment.starts_with('{') && segment.ends_with("...}"));
}

bool IsLiteral(std::string_view segment) { return segment.find('{') == std::string_view::npos && !IsRest(segment); }

// "{id}" stands for anything but nothing, "slip-{id}.pdf" for what begins and ends so.
bool FitsSegment(std::string_view pattern, std::string_view segment) {
  const size_t open = pattern.find('{');
  const size_t close = pattern.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return pattern == segment;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(close + 1);
  return segment.size() > before.size() + after.size() && segment.starts_with(before) && segment.ends_with(after);
}

// How many literal segments the fitting pattern has; empty: it does not fit.
std::optional<size_t> FitOf(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  size_t literals = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (IsRest(pattern[i])) return literals;
    if (i >= path.size() || !FitsSegment(pattern[i], path[i])) return std::nullopt;
    literals += IsLiteral(pattern[i]) ? size_t{1} : size_t{0};
  }
  return pattern.size() == path.size() ? std::optional(literals) : std::nullopt;
}

bool IsKeyLike(std::string_view segment) {
  constexpr size_t kLong = 16;
  const bool digit = std::ranges::any_of(segment, [](char c) { return base::IsDigit(c); });
  const bool number = digit && std::ranges::all_of(segment, [](char c) { return base::IsDigit(c); });
  return number || (digit && segment.size() >= kLong);
}

}  // namespace

RouteNames::RouteNames(const project::Project& project, const golang::Inspection& inspection, std::string base_path)
    : base_path_(std::move(base_path)) {
  for (const project::Scenario& scenario : project.scenarios) {
    const std::string endpoint = project::EndpointName(scenario);
    Add(scenario.method, std::string_view(endpoint).substr(scenario.method.size() + 1));
  }
  for (const golang::Route& route : inspection.routes) {
    if (!route.partial && route.framework != "grpc")
      Add(route.method == "ANY" ? std::string_view() : route.method, route.path_template);
  }
}

void RouteNames::Add(std::string_view method, std::string_view path) {
  if (path.starts_with('/')) patterns_.push_back({std::string(method), std::string(path), SegmentsOf(path)});
}

const RouteNames::Pattern* RouteNames::Find(std::string_view method, std::string_view path) const {
  const std::vector<std::string> segments = SegmentsOf(path);
  const Pattern* best = nullptr;
  size_t most = 0;
  for (const Pattern& pattern : patterns_) {
    // A route for GET answers HEAD as well.
    const bool methods =
        pattern.method.empty() || pattern.method == method || (method == "HEAD" && pattern.method == "GET");
    const std::optional<size_t> literals = methods ? FitOf(pattern.segments, segments) : std::nullopt;
    if (!literals || (best != nullptr && *literals <= most)) continue;
    best = &pattern;
    most = *literals;
  }
  return best;
}

std::string RouteNames::Of(std::string_view method, std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  std::string name = std::string(method) + " ";
  const bool below =
      !base_path_.empty() && path.starts_with(base_path_) && path.substr(base_path_.size()).starts_with('/');
  for (const std::string_view way : {below ? path.substr(base_path_.size()) : path, path}) {
    if (const Pattern* pattern = Find(method, way)) return name + pattern->path;
  }
  if (!path.starts_with('/')) return name + std::string(path);
  for (const std::string& segment : SegmentsOf(path)) name += "/" + (IsKeyLike(segment) ? std::string("{}") : segment);
  return name;
}

}  // namespace hone::ops
