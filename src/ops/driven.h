// `hone check --driver CMD`: somebody else sends the requests (k6, a Go test, a script), and what can be judged without
// knowing which statement, CPU or lock is whose is judged for the run as a whole.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "evidence/report.h"
#include "project/scenario.h"

namespace hone::ops {

struct DrivenRequest {
  std::filesystem::path dir = "benchmarks";
  std::string driver = {};  // for /bin/sh
  std::string rank = "time";
  std::string yes_write = {};  // see RigOptions
};

// Starts database, proxy and service as a check does, runs the driver with DriverEnvironment on top of hone's own, and
// judges what passed meanwhile: verdict "findings" or "inconclusive", because what needs requests of hone's own is
// never judged. kService where the driver fails; what was captured stays in the ledger.
base::Result<evidence::Report> CheckDriven(const DrivenRequest& request, base::Task& task);

// What a driver is told: HONE_URL, the service's address, and HONE_LOGIN_NAME_KEY for each value that a login captured.
std::map<std::string, std::string> DriverEnvironment(const std::string& url, const project::Values& values);

}  // namespace hone::ops
