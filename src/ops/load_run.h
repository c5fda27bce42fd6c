// `hone load run`: a constant mean rate against one URL, open loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/report.h"

namespace hone::ops {

struct LoadRunRequest {
  std::filesystem::path dir = "benchmarks";
  std::string url = {};
  double rate = 100;  // requests a second
  std::string duration = "10s";
  bool poisson = true;
  int connections = 64;
  std::string method = "GET";
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  std::vector<int> statuses = {};  // that count as success; empty: 200 to 399
  uint64_t seed = 1;
  bool yes_remote = false;
};

// Verdict "valid", "generator_bound" or "inconclusive" (too few answers). kPermission for an address that is neither
// loopback nor private without yes_remote; kNetwork where its name has no address. A server that refuses is a result. A
// cancelled run reports what it has.
base::Result<evidence::Report> LoadRun(const LoadRunRequest& request, base::Task& task);

}  // namespace hone::ops
