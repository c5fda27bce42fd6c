#include "ops/delay_probe.h"

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "ops/trial_pairs.h"
#include "sql/fingerprint.h"

namespace hone::ops {
namespace {}  // namespace

// The response time; empty where it was not as expected.
base::Result<std::optional<base::Nanos>> DelayProbe::AskOnce(const project::Scenario& scenario,
                                                             const project::Assignment& assignment) {
  constexpr base::Nanos kQuietFor = 3 * base::kMillisecond;
  constexpr base::Nanos kQuietAtMost = 2000 * base::kMillisecond;
  HONE_TRY(const Asked asked, user_->Ask(scenario, assignment));
  (void)rig_->proxy()->WaitQuiet(kQuietFor, task_->clock().Now() + kQuietAtMost);
  if (!asked.answer || asked.wrong) return std::optional<base::Nanos>();
  return std::optional(asked.answer->done_ns - asked.answer->write_ns);
}

base::Result<std::optional<sql::DelayCheck>> DelayProbe::Probe(const project::Scenario& scenario,
                                                               const project::Assignment& assignment,
                                                               const sql::Query& query, base::Nanos delay_ns) {
  constexpr double kAllMs = 3000;
  sql::Proxy& proxy = *rig_->proxy();
  // On the proxy's thread, one call at a time.
  const auto known = std::make_shared<sql::Fingerprinter>();
  const auto matches = [known, id = query.id](std::string_view text) {
    return known->Of(std::string(text)).query.id == id;
  };
  sql::DelayCheck check{.query = query.id, .delay_ns = delay_ns};
  size_t pairs = sql::kTrialPairs;
  for (size_t i = 0; i < pairs; ++i) {
    sql::DelayPair& pair = check.pairs.emplace_back();
    for (const bool first : {true, false}) {
      const bool delayed = first == (i % 2 == 0);
      if (delayed) proxy.SetDelay(delay_ns, matches);
      auto took = AskOnce(scenario, assignment);
      if (delayed) {
        pair.replies = proxy.delayed().replies;
        pair.waited_ns = proxy.delayed().waited;
        proxy.SetDelay(0);
      }
      if (!took) return std::unexpected(took.error());
      if (!*took) return std::optional<sql::DelayCheck>();
      (delayed ? pair.with_ns : pair.without_ns) = **took;
    }
    if (i == 0) pairs = PairsFor(static_cast<double>(pair.with_ns + pair.without_ns) / base::kNsPerMs, kAllMs);
  }
  return std::optional(std::move(check));
}

}  // namespace hone::ops
