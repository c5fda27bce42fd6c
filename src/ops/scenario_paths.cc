#include "ops/scenario_paths.h"

namespace hone::ops {

std::string PathBefore(const project::Scenario& scenario, std::string_view name) {
  std::string before;
  for (const project::Template::Part& part : scenario.path.parts()) {
    if (part.is_name && part.text == name) return before;
    before += part.is_name ? "x" : part.text;
  }
  return {};
}

std::string PathBehind(const project::Scenario& scenario, std::string_view name) {
  std::string behind;
  bool found = false;
  for (const project::Template::Part& part : scenario.path.parts()) {
    if (found) behind += part.is_name ? "x" : part.text;
    found = found || (part.is_name && (name.empty() || part.text == name));
  }
  return behind.substr(0, behind.find('?'));
}

}  // namespace hone::ops
