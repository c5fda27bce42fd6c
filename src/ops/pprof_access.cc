#include "ops/pprof_access.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "net/http_client.h"
#include "profile/rules.h"

namespace hone::ops {
namespace {

constexpr int kStatusOk = 200;
constexpr int kBadRequest = 400;

base::Result<net::HttpAnswer> Ask(const std::string& url, base::Nanos timeout) {
  return net::Fetch(url, base::SystemClock().Now() + timeout);
}

// Go refuses a profile that lasts longer than the server's WriteTimeout, at once. Asked of the heap, because a CPU
// profile that goes on after nobody waits for it would keep others from being taken.
bool HasWriteTimeout(const std::string& url) {
  constexpr int kLongest = 30;
  const auto answer = Ask(fmt::format("{}/heap?seconds={}", url, kLongest), 250 * base::kMillisecond);
  return answer && answer->status == kBadRequest;
}

}  // namespace

std::optional<std::string> WhatPprofLacks(const std::string& url) {
  const auto mutex = Ask(url + "/mutex?debug=1", 5000 * base::kMillisecond);
  if (!mutex) return "pprof does not answer: " + base::Sentence(mutex.error());
  if (mutex->status != kStatusOk) return fmt::format("pprof answers with status {}", mutex->status);
  if (profile::MutexFractionOf(mutex->body) == 0) return "the service samples no locks (its mutex fraction is 0)";
  if (HasWriteTimeout(url)) return "pprof is served under a WriteTimeout that cuts profiles off";
  return std::nullopt;
}

std::optional<std::string> WhyNotOneProcess(pid_t serving, const Listeners& listeners) {
  if (listeners.api.size() > 1) {
    return fmt::format("{} processes answer at the API's port, and a profile is of one of them", listeners.api.size());
  }
  if (!listeners.pprof.empty() && std::ranges::find(listeners.pprof, serving) == listeners.pprof.end()) {
    return fmt::format("pprof is served by process {}, the API by process {}", listeners.pprof.front(), serving);
  }
  if (listeners.database_connections > 0 && listeners.of_the_service == 0) {
    return fmt::format(
        "none of the {} connections to the database is held by process {}, which answers at the API's "
        "port",
        listeners.database_connections, serving);
  }
  return std::nullopt;
}

}  // namespace hone::ops
