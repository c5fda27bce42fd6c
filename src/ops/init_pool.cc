#include "ops/init_pool.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "ops/init_settings.h"

namespace hone::ops {
namespace {

using golang::PoolSize;

// A variable that alone is the size.
bool IsOfVariable(const PoolSize& size) {
  return size.value.env.size() == 1 && size.value.value == "${" + size.value.env[0].name + "}";
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// Where nothing is set; 0: no limit, or not known.
int64_t PresetOf(const PoolSize& size) {
  const std::string preset = size.value.env.at(0).preset.value_or("");
  int64_t value = 0;
  std::from_chars(preset.data(), preset.data() + preset.size(), value);
  return value;
}

}  // namespace

SectionDraft DraftPool(const golang::Inspection& inspection, const golang::MainPackage& main) {
  std::vector<const PoolSize*> sizes;
  std::string fixed;
  for (const PoolSize& size : inspection.pool_sizes) {
    if (!size.mains.empty() && !base::Has(size.mains, main.package)) continue;
    if (IsOfVariable(size))
      sizes.push_back(&size);
    else if (fixed.empty() && IsNumber(size.value.value))
      fixed = golang::ToString(size.origin);
  }
  SectionDraft draft;
  if (sizes.empty()) {
    if (!fixed.empty())
      draft.text = fmt::format(
          "# The pool's size is fixed ({}): `hone pool` tries smaller ones at the proxy, and larger ones where a "
          "variable "
          "sets it.\n# [pool]\n# env = \"DB_MAX_CONNS\"\n\n",
          fixed);
    return draft;
  }
  const PoolSize* const largest =
      *std::ranges::max_element(sizes, {}, [](const PoolSize* size) { return PresetOf(*size); });
  const std::string& name = largest->value.env[0].name;
  const std::string origin = golang::ToString(largest->origin);
  std::vector<std::string> others;
  for (const PoolSize* size : sizes) {
    if (size->value.env[0].name != name)
      others.push_back(fmt::format("{} ({})", size->value.env[0].name, golang::ToString(size->origin)));
  }
  draft.text = "# What `hone pool` starts the service with, to try sizes.\n";
  if (!others.empty()) draft.text += fmt::format("# Other pools: {}.\n", fmt::join(others, ", "));
  draft.text += fmt::format("[pool]\nenv = {}  # {}: {}\n\n", TomlText(name), origin, largest->setting);
  draft.found.push_back(fmt::format("{} sets the size of the connection pool ({})", name, origin));
  return draft;
}

}  // namespace hone::ops
