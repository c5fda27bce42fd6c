#include "ops/set_phase.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "ops/set_lab.h"
#include "sql/thresholds.h"

namespace hone::ops {

std::vector<ChosenLoop> TakeLoops(Quiet& quiet) {
  std::vector<ChosenLoop> chosen;
  std::set<std::string> ids;
  for (size_t i = 0; i < quiet.endpoints.size(); ++i) {
    QuietEndpoint& endpoint = quiet.endpoints[i];
    const auto take = [&](std::vector<sql::LoopSample>& loops, const sql::Exchange& exchange) {
      for (sql::LoopSample& sample : std::exchange(loops, {})) {
        const sql::Query& query = exchange.queries[sample.query];
        if (endpoint.failed || chosen.size() >= sql::kMostSetForms) continue;
        if (ids.insert(query.id).second) chosen.push_back({i, query, std::move(sample)});
      }
    };
    take(endpoint.loops, endpoint.exchange);
    for (ThinnedExchange& thinned : endpoint.thinned) take(thinned.loops, thinned.exchange);
  }
  return chosen;
}

base::Result<std::vector<ProvenSet>> ProveSetForms(const Quiet& quiet, const std::vector<ChosenLoop>& loops,
                                                   pg::Session& session, Measurer& measurer,
                                                   const evidence::Redactor& redactor, const base::Task& task) {
  std::vector<ProvenSet> proven;
  for (const ChosenLoop& loop : loops) {
    auto proof = ProveSetForm(session, loop.sample, redactor, task);
    if (!proof && proof.error().code == base::Code::kCancelled) return proven;
    HONE_CHECK_OK(proof);
    if (!*proof) continue;
    const QuietEndpoint& endpoint = quiet.endpoints[loop.endpoint];
    ProvenSet& kept = proven.emplace_back(ProvenSet{.proof = **std::move(proof)});
    kept.proof.endpoint = endpoint.endpoint;
    kept.proof.query = loop.query.id;
    kept.proof.text = loop.query.text;
    evidence::Capture capture;
    capture.kind = sql::kSetFormKind;
    capture.scope = endpoint.capture.scope;
    capture.scope.query = loop.query.text;
    capture.phase = evidence::Phase::kQuiet;
    HONE_TRY(kept.capture, measurer.Keep(std::move(capture), sql::EncodeProof(kept.proof)));
  }
  return proven;
}

}  // namespace hone::ops
