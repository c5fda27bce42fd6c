// The sidecars of hone.toml: other processes that the service needs, built, started, watched and stopped as it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/redaction.h"
#include "host/guardian.h"
#include "project/project.h"
#include "service/service.h"

namespace hone::ops {

// Variables filled in; the redactor learns their values.
base::Result<std::map<std::string, std::string>> ExpandEnvironment(const project::Environment& environment,
                                                                   const project::Values& values,
                                                                   evidence::Redactor& redactor);

// Belongs to one thread; everything that it is made of must outlive it. What runs is killed with the object: see Stop.
class Sidecars {
 public:
  Sidecars(const project::Project& project, host::Guardian& guardian, evidence::Redactor& redactor, base::Task& task)
      : project_(project), guardian_(guardian), redactor_(redactor), task_(task), running_(project.sidecars.size()) {}

  // `values` are those of the run; what service::Build answers.
  base::Result<void> Build(const std::filesystem::path& run_dir, const project::Values& values);
  // Starts those that do not run, in order, each when the one before it is ready. What service::Service::Start and
  // WaitReady answer.
  base::Result<void> Start(const std::filesystem::path& run_dir, const project::Values& values);
  // kService with the last lines of the first that has ended.
  base::Result<void> Alive();

  enum class Which { kAll, kRestarted };  // kRestarted: not those that hone.toml keeps
  // In the reverse order of their start; answers a sentence for each that had to be killed.
  std::vector<std::string> Stop(Which which);

  // The name of the sidecar that listens on a port of this machine; empty where none does.
  std::string OfPort(uint16_t port) const;

 private:
  project::Values ValuesOf(const project::Sidecar& sidecar, const std::filesystem::path& run_dir,
                           const project::Values& values) const;
  base::Result<service::ServiceSpec> MakeSpec(const project::Sidecar& sidecar, const std::filesystem::path& run_dir,
                                              const project::Values& values);

  const project::Project& project_;
  host::Guardian& guardian_;
  evidence::Redactor& redactor_;
  base::Task& task_;
  std::vector<std::optional<service::Service>> running_;      // one a sidecar
  std::vector<std::pair<uint16_t, std::string>> ports_ = {};  // with the sidecar's name
};

}  // namespace hone::ops
