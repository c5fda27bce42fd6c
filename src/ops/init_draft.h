// The hone.toml of one program: everything but its scenarios, which stand in init_scenarios.h.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init.h"

namespace hone::ops {

// As DraftProject(), for the main package `main`; `name` is the service's. Pure.
InitDraft DraftFor(const golang::Inspection& inspection, const golang::MainPackage& main,
                   const std::vector<SourceText>& texts, std::string_view name, const std::filesystem::path& dir,
                   const Installed& installed, const std::optional<PoolerSign>& pooler);

// What a draft says of another program.
std::string UnusedMain(const golang::MainPackage& main);

}  // namespace hone::ops
