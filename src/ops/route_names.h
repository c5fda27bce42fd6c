// Which endpoint a request is for: paths to the patterns of the routes that hone.toml and the sources know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "project/project.h"

namespace hone::ops {

class RouteNames {
 public:
  // `base_path` is that of [service] url: "" or "/api".
  RouteNames(const project::Project& project, const golang::Inspection& inspection, std::string base_path);

  // "GET /orders/{id}", with a scenario's names of the parameters where one has that route. Of several patterns that
  // fit, the one with the most literal segments. Where none fits, the path itself, with "{}" for a segment that is a
  // number or looks like a key: 16 characters or more with a digit among them.
  std::string Of(std::string_view method, std::string_view target) const;

 private:
  struct Pattern {
    std::string method = {};  // empty: every one
    std::string path = {};
    std::vector<std::string> segments = {};
  };
  void Add(std::string_view method, std::string_view path);
  const Pattern* Find(std::string_view method, std::string_view path) const;

  std::string base_path_;
  std::vector<Pattern> patterns_;
};

}  // namespace hone::ops
