#include "ops/parameter_names.h"

#include "base/ascii.h"

namespace hone::ops {

using base::LowerCase;

std::string_view LastElement(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view FirstElement(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

std::string ReferredTo(std::string name, bool list, std::string_view path) {
  const bool plural = list && name.size() > 2 && name.ends_with('s');
  if (!plural && !LowerCase(name).ends_with("ids")) return name;
  name.pop_back();
  if (LowerCase(name) != "id") return name;
  std::string first(FirstElement(path));
  if (first.ends_with('s')) first.pop_back();
  return first + "_id";
}

std::string WithoutId(std::string_view name) {
  const std::string lower = LowerCase(name);
  if (lower.ends_with("_id") && lower.size() > 3) return lower.substr(0, lower.size() - 3);
  const bool camel = name.ends_with("Id") || name.ends_with("ID");
  return camel && lower.size() > 2 ? lower.substr(0, lower.size() - 2) : std::string();
}

}  // namespace hone::ops
