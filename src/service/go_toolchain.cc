#include "service/go_toolchain.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "host/child.h"
#include "service/service.h"

namespace hone::service {
namespace {

// The number at the front of `text`, which is taken off; empty if there is none.
std::optional<int> TakeNumber(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string InstallGo() {
  return fmt::format("Install Go 1.{} or later from go.dev/dl and put its bin folder on PATH", kOldestGoMinor);
}

std::optional<GoVersion> ParseGoVersion(std::string_view text) {
  const size_t at = text.find("go1.");
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at);
  GoVersion version;
  version.text = text.substr(0, text.find_first_of(" \t\r\n-"));
  version.major = 1;
  text.remove_prefix(std::string_view("go1.").size());
  const auto minor = TakeNumber(text);
  if (!minor) return std::nullopt;
  version.minor = *minor;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    version.patch = TakeNumber(text).value_or(0);
  }
  return version;
}

base::Result<GoVersion> FindGo(const std::filesystem::path& dir, const host::Guardian& guardian,
                               const base::Task& task) {
  host::ChildSpec spec;
  spec.argv = {"go", "version"};
  spec.env = MakeEnvironment({});
  spec.cwd = dir;
  const auto ran = host::RunToEnd(std::move(spec), guardian, std::chrono::seconds(30), task);
  if (!ran && ran.error().code == base::Code::kNotFound) {
    return base::Fail(base::Code::kEnvironment, "There is no Go on PATH", "", InstallGo());
  }
  if (!ran) return std::unexpected(ran.error());
  const auto version = ParseGoVersion(ran->head);
  if (!ran->exit.ok() || !version) {
    return base::Fail(base::Code::kEnvironment, "`go version` does not answer: " + ran->exit.Text(), "", InstallGo());
  }
  if (version->minor < kOldestGoMinor) {
    return base::Fail(base::Code::kEnvironment,
                      fmt::format("{} is too old: hone needs go1.{} or later", version->text, kOldestGoMinor), "",
                      InstallGo());
  }
  return *version;
}

}  // namespace hone::service
