#include "ops/plan_phase.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/units.h"
#include "ops/index_reading.h"
#include "ops/lean_phase.h"
#include "ops/plan_lab.h"
#include "sql/plan_candidates.h"
#include "sql/plan_rules.h"
#include "sql/plan_sample.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

constexpr double kSecondsOfPlan = 2;

std::string Reason(const base::Error& error) {
  return error.code == base::Code::kTimeout ? "it takes longer than 10 s" : base::Sentence(error);
}

struct ChosenPlan {
  size_t endpoint = 0;
  bool last_page = false;
  sql::StatementSample sample = {};
};

// The exchange that holds its executions, and that one's capture.
const sql::Exchange& ExchangeOf(const Quiet& quiet, const ChosenPlan& chosen) {
  const QuietEndpoint& endpoint = quiet.endpoints[chosen.endpoint];
  return chosen.last_page ? endpoint.last_page->exchange : endpoint.exchange;
}

const evidence::Capture& CaptureOf(const Quiet& quiet, const ChosenPlan& chosen) {
  const QuietEndpoint& endpoint = quiet.endpoints[chosen.endpoint];
  return chosen.last_page ? endpoint.last_page->capture : endpoint.capture;
}

// The worst ones of all endpoints, each statement once; leaves no sample behind.
std::vector<ChosenPlan> Choose(Quiet& quiet) {
  std::vector<ChosenPlan> chosen;
  for (size_t i = 0; i < quiet.endpoints.size(); ++i) {
    QuietEndpoint& endpoint = quiet.endpoints[i];
    const auto take = [&](std::vector<sql::StatementSample>& samples, bool last_page) {
      for (sql::StatementSample& sample : std::exchange(samples, {})) {
        if (!endpoint.failed) chosen.push_back({i, last_page, std::move(sample)});
      }
    };
    take(endpoint.slow, false);
    if (endpoint.last_page) take(endpoint.last_page->slow, true);
  }
  std::ranges::stable_sort(chosen, std::greater(), [](const ChosenPlan& each) { return each.sample.request_ns; });
  // Of brief ones only the estimates are looked at: they do not stand before those that take time.
  std::ranges::stable_partition(chosen, [](const ChosenPlan& each) { return !each.sample.brief; });
  std::set<std::pair<std::string, bool>> ids;
  std::erase_if(chosen, [&](const ChosenPlan& each) {
    return !ids.emplace(ExchangeOf(quiet, each).queries[each.sample.query].id, each.last_page).second;
  });
  return chosen;
}

class Studying {
 public:
  Studying(const Quiet& quiet, Measurer& measurer, PlanLab& lab) : quiet_(quiet), measurer_(measurer), lab_(lab) {}

  base::Result<void> Study(const ChosenPlan& chosen, Plans& plans);

 private:
  base::Result<void> TryEach(const sql::StatementSample& sample, const std::vector<sql::Proposal>& proposals,
                             sql::PlanStudy& study, Plans& plans);
  base::Result<void> TryAll(const sql::StatementSample& sample, sql::PlanStudy& study, Plans& plans);
  base::Result<void> Keep(const ChosenPlan& chosen, sql::PlanStudy study, Plans& plans);

  const Quiet& quiet_;
  Measurer& measurer_;
  PlanLab& lab_;
};

base::Result<void> Studying::TryEach(const sql::StatementSample& sample, const std::vector<sql::Proposal>& proposals,
                                     sql::PlanStudy& study, Plans& plans) {
  for (const sql::Proposal& proposal : proposals) {
    auto trial = lab_.Try(sample, proposal);
    if (!trial && trial.error().code == base::Code::kCancelled) return std::unexpected(trial.error());
    if (!trial) {
      plans.not_judged.push_back(
          {"plan of " + study.endpoint,
           fmt::format("`{}` could not be tried out: {}", proposal.statement, Reason(trial.error())),
           "Try it on a copy of the database"});
      continue;
    }
    study.trials.push_back(*std::move(trial));
  }
  return {};
}

// An index first; where one is proven, no statistics are needed, nor is memory for files of little size.
base::Result<void> Studying::TryAll(const sql::StatementSample& sample, sql::PlanStudy& study, Plans& plans) {
  const auto is_proven = [&] { return std::ranges::any_of(study.trials, sql::IsProven); };
  if (study.brief) return TryEach(sample, sql::ProposeStatistics(study), study, plans);
  // No scenario asks for a last page: what it costs to be one is all that is told.
  if (!study.last_page) {
    HONE_CHECK_OK(TryEach(sample, sql::ProposeIndexes(study), study, plans));
    if (!is_proven()) HONE_CHECK_OK(TryEach(sample, sql::ProposeStatistics(study), study, plans));
    if (!is_proven() || sql::SpilledBytes(study.plan) >= sql::kLeastSpilledBytes)
      HONE_CHECK_OK(TryEach(sample, sql::ProposeMemory(study), study, plans));
  }
  return TryEach(sample, sql::ProposeFirstPage(study, sample), study, plans);
}

base::Result<void> Studying::Keep(const ChosenPlan& chosen, sql::PlanStudy study, Plans& plans) {
  evidence::Capture capture;
  capture.kind = sql::kPlanKind;
  capture.scope = quiet_.endpoints[chosen.endpoint].capture.scope;
  capture.scope.query = study.text;
  capture.phase = evidence::Phase::kQuiet;
  HONE_TRY(capture, measurer_.Keep(capture, sql::EncodeStudy(study)));
  plans.studied.push_back({chosen.endpoint, CaptureOf(quiet_, chosen), std::move(capture), std::move(study)});
  return {};
}

base::Result<void> Studying::Study(const ChosenPlan& chosen, Plans& plans) {
  const QuietEndpoint& endpoint = quiet_.endpoints[chosen.endpoint];
  const sql::Query& query = ExchangeOf(quiet_, chosen).queries[chosen.sample.query];
  sql::PlanStudy study{
      .endpoint = endpoint.endpoint, .query = query.id, .text = query.text, .last_page = chosen.last_page};
  study.over_budget = chosen.last_page && endpoint.last_page->over_budget;
  const std::string subject = "plan of " + endpoint.endpoint;
  auto explained = lab_.Explain(chosen.sample);
  if (!explained && explained.error().code == base::Code::kCancelled) return std::unexpected(explained.error());
  if (!explained) {
    plans.not_judged.push_back({subject, "EXPLAIN of a slow statement failed: " + Reason(explained.error()),
                                "Look at it by hand with `EXPLAIN (ANALYZE, BUFFERS)`"});
    return {};
  }
  study.plan = std::move(explained->plan);
  // Then it is not the plan that takes the time.
  const bool fast = explained->shortest_ms * base::kNsPerMs < static_cast<double>(sql::kLeastPlanNs);
  study.brief = fast || chosen.sample.brief;
  if (study.brief && (chosen.last_page || explained->unchecked || !sql::IsGrosslyMisestimated(study.plan))) {
    if (explained->unchecked)
      plans.not_judged.push_back(
          {subject, "alone the statement is refused, and without its triggers and foreign keys it is fast",
           "Look at them by hand with `EXPLAIN (ANALYZE, BUFFERS)` in the whole transaction"});
    return {};
  }
  HONE_TRY(study.tables, lab_.Tables(study.plan));
  const auto largest = std::ranges::max_element(study.tables, {}, &sql::TableFacts::rows);
  if (largest == study.tables.end() || largest->rows < sql::kLeastTableRows) {
    if (study.brief) return {};
    const std::string reason = largest == study.tables.end()
                                   ? "it reads no table of the database"
                                   : fmt::format("the table {} has {} rows: a plan on so few proves nothing",
                                                 largest->name, base::FormatCount(static_cast<double>(largest->rows)));
    plans.not_judged.push_back({subject, reason, "A seed with more rows: `[database] size` in hone.toml"});
    return {};
  }
  HONE_CHECK_OK(TryAll(chosen.sample, study, plans));
  return Keep(chosen, std::move(study), plans);
}

// Of the statements for which there was no time, the worst of each endpoint stands for all.
void LeaveOut(const Quiet& quiet, std::span<const ChosenPlan> chosen, Plans& plans) {
  std::set<size_t> told;
  for (const ChosenPlan& each : chosen) {
    if (each.sample.brief || !told.insert(each.endpoint).second) continue;
    const std::string& endpoint = quiet.endpoints[each.endpoint].endpoint;
    plans.not_judged.push_back({"plan of " + endpoint,
                                fmt::format("slower statements of others took the {} s that plans are looked at",
                                            sql::kPlansForNs / base::kSecond),
                                fmt::format("`hone sql --endpoint '{}'`", endpoint)});
  }
}

std::string DropOf(const sql::IndexEntry& entry) {
  return "DROP INDEX " + pg::QuoteName(entry.schema) + "." + pg::QuoteName(entry.name);
}

bool HasSuperfluous(const std::vector<sql::IndexEntry>& entries) {
  return !sql::FindDuplicates(entries).empty() || !sql::FindBeginnings(entries).empty();
}

// The names of the index that begins with this one, and of those that are the same.
std::vector<std::string> LongerOnes(const std::vector<sql::IndexEntry>& entries, const sql::IndexEntry& beginning) {
  std::vector<std::string> names = {beginning.longer};
  const auto longer = std::ranges::find_if(entries, [&](const sql::IndexEntry& entry) {
    return entry.schema == beginning.schema && entry.name == beginning.longer;
  });
  for (const sql::IndexEntry& entry : entries) {
    if (longer != entries.end() && entry.identity == longer->identity) names.push_back(entry.name);
  }
  return names;
}

void TimeSuperfluous(std::vector<sql::IndexEntry>& entries, PlanLab& lab) {
  for (const sql::Duplicate& duplicate : sql::FindDuplicates(entries)) TimeIndex(entries[duplicate.index], lab);
  for (const size_t beginning : sql::FindBeginnings(entries)) {
    sql::IndexEntry& entry = entries[beginning];
    if (entry.table_rows < sql::kLeastTableRows) continue;
    auto lookups = lab.TimeLookups(entry.schema, entry.table, entry.key, entry.name, LongerOnes(entries, entry));
    if (!lookups) continue;
    entry.lookup_with_ns = std::move(lookups->with_ns);
    entry.lookup_without_ns = std::move(lookups->without_ns);
    TimeIndex(entry, lab);
  }
}

base::Result<void> KeepIndexes(const Quiet& quiet, Measurer& measurer, StudiedIndexes& indexes) {
  if (indexes.entries.empty() || quiet.endpoints.empty()) return {};
  evidence::Capture capture;
  capture.kind = sql::kIndexesKind;
  capture.scope.service = quiet.endpoints.front().capture.scope.service;
  HONE_TRY(indexes.capture, measurer.Keep(capture, sql::EncodeIndexes(indexes.entries)));
  return {};
}

}  // namespace

void TimeIndex(sql::IndexEntry& entry, PlanLab& lab) {
  if (entry.table_rows < sql::kLeastTableRows) return;
  auto writes = lab.TimeWrites(entry.schema, entry.table, DropOf(entry));
  if (!writes) return;
  entry.written_rows = writes->rows;
  entry.write_without_ns = std::move(writes->without_ns);
  entry.write_with_ns = std::move(writes->with_ns);
}

base::Result<Plans> StudyPlans(Quiet& quiet, Rig& rig, Measurer& measurer, const evidence::Redactor& redactor,
                               const base::Task& task, double later_seconds) {
  Plans plans;
  const std::vector<ChosenPlan> chosen = Choose(quiet);
  const std::vector<ChosenLoop> loops = TakeLoops(quiet);
  const ChosenForms lean = TakeLeanForms(quiet);
  if (task.cancelled()) return plans;
  if (rig.cluster() == nullptr) {
    if (!chosen.empty())
      plans.caveats.emplace_back("plans were not looked at: that is done on a private PostgreSQL of Hone's own only");
    if (!loops.empty())
      plans.caveats.emplace_back(
          "remedies of loops were not tried: that is done on a private PostgreSQL of Hone's own only");
    return plans;
  }
  const auto refuse = [&](const base::Error& error) {
    if (error.code != base::Code::kCancelled)
      plans.not_judged.push_back({"plans of slow statements", base::Sentence(error), "Run it again"});
    return plans;
  };
  auto entries = ReadIndexes(*rig.cluster(), rig.database_name(), redactor);
  if (!entries) return refuse(entries.error());
  plans.indexes.entries = *std::move(entries);
  if (!chosen.empty() || !loops.empty() || !lean.empty() || HasSuperfluous(plans.indexes.entries)) {
    task.Report({"Cloning the database for plans", later_seconds});
    auto lab = PlanLab::Open(*rig.cluster(), rig.database_name(), task);
    if (!lab) return refuse(lab.error());
    TimeSuperfluous(plans.indexes.entries, *lab);
    auto sets = ProveSetForms(quiet, loops, lab->session(), measurer, redactor, task);
    if (!sets) return refuse(sets.error());
    plans.sets = *std::move(sets);
    if (const auto timed = TimeLeanForms(quiet, lean, lab->session(), measurer, task, plans); !timed)
      return refuse(timed.error());
    Studying studying(quiet, measurer, *lab);
    const base::Nanos until = task.clock().Now() + sql::kPlansForNs;
    for (size_t i = 0; i < chosen.size(); ++i) {
      if (task.clock().Now() >= until) {
        LeaveOut(quiet, std::span(chosen).subspan(i), plans);
        break;
      }
      task.Report({fmt::format("Looking at plans ({} of {})", i + 1, chosen.size()),
                   later_seconds + kSecondsOfPlan * static_cast<double>(chosen.size() - i)});
      if (auto studied = studying.Study(chosen[i], plans); !studied) return refuse(studied.error());
    }
  }
  HONE_CHECK_OK(KeepIndexes(quiet, measurer, plans.indexes));
  return plans;
}

}  // namespace hone::ops
