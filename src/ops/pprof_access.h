// Whether profiles can be had from where they are looked for, and whether they are of the process that is measured.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hone::ops {

// What pprof at `url` lacks of what hone needs, as a sentence without a full stop ("pprof answers with status 401");
// empty where it lacks nothing. Takes no profile that costs the service anything.
std::optional<std::string> WhatPprofLacks(const std::string& url);

// Who listens where, as /proc shows it.
struct Listeners {
  std::vector<pid_t> api = {};
  std::vector<pid_t> pprof = {};    // empty: not to be told
  size_t database_connections = 0;  // open at the proxy
  size_t of_the_service = 0;        // of these, how many the process that answers holds
};

// Why profiles of `serving` would not show what is measured, as a sentence; empty where they do.
std::optional<std::string> WhyNotOneProcess(pid_t serving, const Listeners& listeners);

}  // namespace hone::ops
