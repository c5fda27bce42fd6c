// Which Go builds the service: its version, and whether that is new enough.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/task.h"
#include "host/guardian.h"

namespace hone::service {

struct GoVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string text = {};  // "go1.26.8"
};

// Reads "go version go1.26.8 linux/amd64" or "go1.22rc1"; a development build ("devel go1.27-abcdef") counts as its
// release.
std::optional<GoVersion> ParseGoVersion(std::string_view text);

inline constexpr int kOldestGoMinor = 24;  // what go/hone-go's go.mod asks for

// What to do where Go is missing or too old.
std::string InstallGo();

// kEnvironment if there is no Go on PATH, or "Go 1.21 is too old" naming the oldest that will do.
base::Result<GoVersion> FindGo(const std::filesystem::path& dir, const host::Guardian& guardian,
                               const base::Task& task);

}  // namespace hone::service
