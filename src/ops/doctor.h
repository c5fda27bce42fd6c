// `hone doctor`: whether this machine and this repository have what Hone needs.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "host/guardian.h"

namespace hone::ops {

enum class Health {
  kOk,
  kNote,     // Hone works, but less well or not yet
  kMissing,  // hone check cannot work
};

// One line: "PostgreSQL: 15.13 in /usr/lib/postgresql/15/bin", and what to do where it is not fine.
struct DoctorCheck {
  std::string name = {};
  Health health = Health::kOk;
  std::string text = {};
  std::string remedy = {};  // empty where there is nothing to do
};

struct DoctorReport {
  std::vector<DoctorCheck> checks = {};
  // Whether nothing is missing; otherwise the exit status is 2.
  bool ok() const;
};

struct DoctorRequest {
  std::filesystem::path dir = "benchmarks";  // the folder of hone.toml
};

// Looks at Go, PostgreSQL, hone-go, git, hone.toml, the folder for runs and its disk, the lock, and the machine, which
// it watches for a third of a second. Starts nothing that lasts and changes nothing but the cache of hone-go.
DoctorReport Doctor(const DoctorRequest& request, const host::Guardian& guardian, const base::Task& task);

// The same under a guardian of its own.
base::Result<DoctorReport> Doctor(const DoctorRequest& request, const base::Task& task);

// The parts that are pure, for tests.
DoctorCheck JudgeDisk(uint64_t free_bytes, const std::filesystem::path& folder);
DoctorCheck JudgeMemory(uint64_t bytes);
DoctorCheck JudgeCores(double usable_cores);

}  // namespace hone::ops
