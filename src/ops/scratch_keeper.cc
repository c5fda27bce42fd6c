#include "ops/scratch_keeper.h"

#include <cstdlib>
#include <utility>

#include "pg/scratch.h"

namespace hone::ops {
namespace {

constexpr const char* kUrlVariable = "HONE_SCRATCH_URL";

}  // namespace

base::Result<host::Child> StartScratchKeeper(const pg::Dsn& beside, const std::string& name,
                                             const host::Guardian& guardian) {
  host::ChildSpec spec;
  spec.argv = {"/proc/self/exe", "scratch-keeper", name};
  spec.env = {std::string(kUrlVariable) + "=" + pg::ToUrl(beside)};
  // Where libpq looks for certificates.
  if (const char* home = std::getenv("HOME"); home != nullptr) spec.env.push_back(std::string("HOME=") + home);
  spec.cwd = "/";
  spec.grace = kScratchGrace;
  return host::Child::Start(std::move(spec), guardian);
}

base::Result<void> KeepScratch(const std::string& name, base::Task& task) {
  const char* const url = std::getenv(kUrlVariable);
  if (url == nullptr) return base::Fail(base::Code::kUsage, "hone starts this by itself", "scratch-keeper");
  HONE_TRY(const pg::Dsn beside, pg::ParseDsn(url));
  constexpr base::Nanos kPoll = 100'000'000;
  while (!task.cancelled()) task.clock().SleepUntil(task.clock().Now() + kPoll);
  return pg::DropScratch(beside, name);
}

}  // namespace hone::ops
