// What the rules over one window share: its profiles with their symbols read, and how measurements and findings are
// written down.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/model.h"
#include "profile/aggregate.h"
#include "profile/methods.h"
#include "profile/rules.h"

namespace hone::profile {

class RuleContext {
 public:
  RuleContext(const EndpointWindow& window, const RuleOptions& options);

  bool Wanted(std::string_view rule) const;
  bool program() const { return window.endpoint.empty(); }
  // "this endpoint's" or "the program's", for titles.
  std::string_view Whose() const { return program() ? "the program's" : "this endpoint's"; }
  std::string_view Name() const {
    return program() ? std::string_view("the program") : std::string_view(window.endpoint);
  }
  // The query for all stacks of the endpoint, or for those of it charged to `site`'s function.
  Query Whole() const { return {stacks, window.handler, {}, {}, 0}; }
  Query For(std::optional<golang::SymbolSet> set, std::string_view function, int64_t line = 0) const;

  evidence::MeasurementSpec Cpu(std::string_view metric, std::string_view unit, const Query& query) const;
  evidence::MeasurementSpec Allocs(std::string_view metric, std::string_view unit, const Query& query) const;
  evidence::MeasurementSpec Mutex(std::string_view metric, std::string_view unit, const Query& query) const;
  // Of two heap or goroutine profiles, for an owner (growth.h).
  evidence::MeasurementSpec Growth(std::string_view metric, std::string_view unit, const CapturedProfile& before,
                                   const CapturedProfile& after, std::string_view owner) const;
  evidence::Subject SubjectOf(const Site& site) const;
  void NotJudged(std::string_view what, std::string reason, std::string what_would_do);

  const EndpointWindow& window;
  const RuleOptions& options;
  Stacks stacks = Stacks::kAll;
  WindowFacts cpu_facts = {}, alloc_facts = {}, mutex_facts = {};
  std::optional<Stacked> cpu = {}, allocs_before = {}, allocs = {}, mutex_before = {}, mutex = {};
  evidence::Judgement out = {};

 private:
  evidence::MeasurementSpec Spec(std::string_view metric, std::string_view unit,
                                 std::vector<evidence::CaptureId> captures, const Query& query) const;
};

// "`store/orders.go:42`", for titles; "`store.List`" where the file is not known.
std::string Place(const evidence::Subject& subject);

// One function of the user's with all that is charged to its lines, and the line with most of it.
struct ChargedFunction {
  Site site = {};    // its heaviest line
  double value = 0;  // of all its lines
};
// The most first.
std::vector<ChargedFunction> ByFunction(const std::map<Site, double>& sites);

// CPU of a query's stacks.
struct CpuFacts {
  int64_t samples = 0;
  double ns = 0;
  double ns_per_request = 0;  // 0 where no requests are known
};
CpuFacts FactsFor(const RuleContext& context, const Query& query);

// Length of the CPU window; 0: unknown.
double WindowSeconds(const RuleContext& context);

// Whether even few samples bound what a request spends on what the rules look for so low that nothing of it could be a
// finding.
bool NothingToFind(const RuleContext& context);

// CPU samples of a query by the user's line to which they are charged.
std::map<Site, double> SamplesBySite(const RuleContext& context, const Query& query);

// Support and worth that CPU findings have in common: {m0} is the share of the endpoint's CPU.
evidence::FindingDraft CpuDraft(const RuleContext& context, std::string_view rule, const Site& site,
                                const Query& query);

// A rule on the share of the endpoint's CPU that one function of the user's spends on a package.
struct ShareRule {
  std::string_view rule;
  golang::SymbolSet set;
  bool caused;         // Query::caused; otherwise libraries may call it for the user's code
  double least_share;  // lower end of the interval
  std::string_view what;
  std::string_view remedy;
};
std::span<const ShareRule> ShareRules();
Query ShareQuery(const RuleContext& context, const ShareRule& rule, std::string_view function);

void JudgeCpu(RuleContext& context);  // ShareRules(), cpu.gc; measures utilisation
void JudgeShares(RuleContext& context, const CpuFacts& whole);
void JudgeRegexp(RuleContext& context);  // cpu.regexp_compile, by CPU samples or by allocations
void JudgeAllocs(RuleContext& context);  // alloc.poolable
void JudgeGrowth(RuleContext& context);  // alloc.string_concat, alloc.growth
// Whether the sizes of allocations look like a finding of JudgeGrowth's, and more CPU samples can tell.
bool GrowthUndecided(const RuleContext& context);
void JudgeLocks(RuleContext& context);  // cpu.lock
void JudgeLeaks(RuleContext& context);  // leak.goroutine, mem.retained
// By how much longer a window has to be for enough sampled contentions where requests do wait; empty: it is long
// enough.
std::optional<double> ContentionsWanted(const RuleContext& context);

}  // namespace hone::profile
