// A configuration file of the service as [[service.file]] gives it: with Hone's database and ports in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_settings.h"

namespace hone::ops {

// The file's text with the values of `settings` (by key) in place of its own, without comments, templates of its own
// escaped, and what looks like a secret replaced. YAML and JSON, one value a line; nothing where a line is of another
// form, such as a sequence's or a text's of several lines: what is not understood is not copied. Pure.
std::optional<std::string> WithSettings(std::string_view text, const golang::ConfigFile& file,
                                        const std::vector<Setting>& settings);

}  // namespace hone::ops
