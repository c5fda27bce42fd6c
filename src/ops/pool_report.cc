#include "ops/pool_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "evidence/claim.h"
#include "evidence/ranking.h"
#include "load/size_methods.h"
#include "load/thresholds.h"
#include "ops/accept.h"
#include "ops/pool_bounds.h"
#include "sql/nested.h"
#include "sql/thresholds.h"
#include "stats/histogram.h"

namespace hone::ops {
namespace {

using evidence::Measurement;
using evidence::MeasurementSpec;
using evidence::Report;

constexpr uint64_t kReportSeed = 1;
// Above this a quantile is made of requests that were never answered.
constexpr double kUnanswered = 0.9 * static_cast<double>(stats::Histogram::kHighest);

const load::SizeEstimate* Find(const load::SizeDecision& decision, int size) {
  const auto found = std::ranges::find(decision.sizes, size, &load::SizeEstimate::size);
  return found == decision.sizes.end() ? nullptr : &*found;
}

// A difference that matters, not only one that is there. A size without a round in common with the best one was left
// out of the later rounds for being worse: then its own windows tell by how much.
bool IsClearlyWorse(const load::SizeDecision& decision, const load::SizeEstimate& size) {
  if (size.overlaps) return false;
  if (size.pairs > 0) return size.ratio_interval.lo > load::kClearlyWorse;
  const load::SizeEstimate* const best = Find(decision, decision.best);
  return best != nullptr && size.value > load::kClearlyWorse * best->value;
}

// "p99", in back quotes for a claim.
std::string QuantileName(double quantile) { return fmt::format("`p{:.0f}`", quantile * 100); }

class PoolReporter {
 public:
  PoolReporter(const project::Project& project, const PoolFacts& facts, const SourceMap& sources, Measurer& measurer)
      : project_(project), facts_(facts), sources_(sources), measurer_(measurer) {}

  base::Result<Report> Make(const std::filesystem::path& dir);

 private:
  MeasurementSpec Spec(const std::string& metric, const std::string& unit, std::vector<evidence::CaptureId> captures,
                       std::map<std::string, std::string> parameters = {}) const;
  std::optional<Measurement> Valid(const MeasurementSpec& spec);
  base::Result<void> MeasureUse();
  void MeasureWaits();
  base::Result<void> MeasureSizes();
  base::Result<void> JudgeRequests();
  base::Result<void> JudgeSize();
  evidence::FindingDraft SizeDraft(const std::string& rule, evidence::Severity severity) const;
  base::Result<void> Take(const evidence::FindingDraft& draft);
  base::Result<void> Starved();
  base::Result<void> Oversized();
  base::Result<void> Advise();
  base::Result<void> AdviseSize();
  base::Result<void> Add(const std::string& setting, const std::string& value, const std::string& reason,
                         std::vector<std::optional<Measurement>> cited);
  std::string Headline(bool nested) const;
  void Conclude();
  std::vector<evidence::CaptureId> SweepCaptures() const;
  MeasurementSpec OfSweep(const std::string& metric, const std::string& unit,
                          std::map<std::string, std::string> parameters = {}) const {
    MeasurementSpec spec = Spec(metric, unit, SweepCaptures(), std::move(parameters));
    spec.method = metric + "@2";
    return spec;
  }
  MeasurementSpec OfSize(const std::string& metric, const std::string& unit, int size) const {
    return OfSweep(metric, unit, {{"size", std::to_string(size)}});
  }

  const project::Project& project_;
  const PoolFacts& facts_;
  const SourceMap& sources_;
  Measurer& measurer_;
  Report report_;
  std::optional<load::SizeDecision> decision_;
  std::optional<MeasurementSpec> limit_;  // the pool's limit as it is
  std::optional<MeasurementSpec> waiting_;
  std::optional<double> callers_waiting_;
  PoolVerdict verdict_;
};

MeasurementSpec PoolReporter::Spec(const std::string& metric, const std::string& unit,
                                   std::vector<evidence::CaptureId> captures,
                                   std::map<std::string, std::string> parameters) const {
  return {.metric = metric,
          .scope = {.service = project_.service.name},
          .unit = unit,
          .method = metric + "@1",
          .captures = std::move(captures),
          .parameters = std::move(parameters),
          .seed = kReportSeed};
}

// Absent where it cannot be measured, or is not VALID.
std::optional<Measurement> PoolReporter::Valid(const MeasurementSpec& spec) {
  auto measured = measurer_.Measure(spec);
  if (!measured || measured->validity != evidence::Validity::kValid) return std::nullopt;
  return *std::move(measured);
}

std::vector<evidence::CaptureId> PoolReporter::SweepCaptures() const {
  std::vector<evidence::CaptureId> ids;
  for (const evidence::Capture& capture : facts_.sweep->captures) ids.push_back(capture.id);
  return ids;
}

// What the wire and the pool's own metrics say of the pool as it is.
base::Result<void> PoolReporter::MeasureUse() {
  if (!facts_.as_is) return {};
  const PoolAsIs& as_is = *facts_.as_is;
  for (const auto& [metric, unit] :
       std::initializer_list<std::pair<const char*, const char*>>{{"pool.hold", "ns"},
                                                                  {"pool.rate", "holds/s"},
                                                                  {"pool.busy", "connections"},
                                                                  {"pool.busy_peak", "connections"},
                                                                  {"pool.connections", "connections"},
                                                                  {"pool.opened_rate", "connections/s"},
                                                                  {"pool.round_trips", "round trips"},
                                                                  {"pool.peak_concurrency", "connections"}}) {
    HONE_CHECK_OK(measurer_.Measure(Spec(metric, unit, {as_is.holds.id})));
  }
  const int64_t cap = CapOf(project_.pool);
  HONE_CHECK_OK(
      measurer_.Measure(Spec("pool.seed", "connections", {as_is.holds.id},
                             {{"wait_ns", std::to_string(project_.pool.wait_ns)}, {"cap", std::to_string(cap)}})));
  HONE_CHECK_OK(measurer_.Measure(Spec("pool.setup", "ns", {as_is.shut.id})));
  if (as_is.limit) {
    limit_ = Spec("pool.connections", "connections", {as_is.shut.id});
    HONE_CHECK_OK(measurer_.Measure(*limit_));
    HONE_CHECK_OK(
        measurer_.Measure(Spec("pool.exhausted", "ratio", {as_is.holds.id}, {{"size", std::to_string(*as_is.limit)}})));
  }
  MeasureWaits();
  return {};
}

// By Little's law the growth of the waits a second is the number of callers that wait, on average.
void PoolReporter::MeasureWaits() {
  const std::vector<evidence::CaptureId>& all = facts_.as_is->latency.metrics_captures;
  const load::LoadResult& window = facts_.as_is->latency.result;
  if (all.size() < 2 || window.end <= window.start) return;
  const double seconds = static_cast<double>(window.end - window.start) / 1e9;
  for (const auto& [name, scale] :
       std::initializer_list<std::pair<const char*, double>>{{"pgxpool_empty_acquire_wait_seconds_total", 1},
                                                             {"pgxpool_empty_acquire_wait_time_seconds_total", 1},
                                                             {"pgxpool_empty_acquire_wait_time_ns_total", 1e-9},
                                                             {"go_sql_wait_duration_seconds_total", 1},
                                                             {"go_sql_stats_connections_blocked_seconds", 1},
                                                             {"go_sql_stats_connections_blocked_seconds_total", 1}}) {
    MeasurementSpec spec = Spec("pool.callers_waiting", "callers", {all.front(), all.back()},
                                {{"name", name}, {"scale", base::FormatExact(scale / seconds)}});
    spec.method = "metrics.counter_delta@1";
    const auto measured = Valid(spec);
    if (!measured) continue;
    waiting_ = spec;
    callers_waiting_ = measured->value;
    break;
  }
  for (const char* name : {"pgxpool_max_conns", "pgxpool_max_connections", "go_sql_max_open_connections",
                           "go_sql_stats_connections_max_open"}) {
    MeasurementSpec spec = Spec("pool.max_connections", "connections", {all.front(), all.back()}, {{"name", name}});
    spec.method = "metrics.gauge@1";
    const auto measured = Valid(spec);
    if (!measured) continue;
    if (facts_.as_is->limit && measured->value > 0) limit_ = spec;
    break;
  }
}

base::Result<void> PoolReporter::MeasureSizes() {
  if (!facts_.sweep || facts_.sweep->captures.empty()) return {};
  decision_ = load::DecideSize(facts_.sweep->windows, kReportSeed, load::kSizeResamples, load::kLeastWindows);
  HONE_TRY(const Measurement size, measurer_.Measure(OfSweep("pool.size", "connections")));
  HONE_CHECK_OK(measurer_.Measure(OfSweep("pool.best_size", "connections")));
  HONE_CHECK_OK(measurer_.Measure(OfSweep("pool.quantile", "ratio")));
  if (decision_) {
    for (const load::SizeEstimate& each : decision_->sizes) {
      HONE_CHECK_OK(measurer_.Measure(OfSize("pool.response", "ns", each.size)));
      HONE_CHECK_OK(measurer_.Measure(OfSize("pool.response_ratio", "x", each.size)));
    }
  }
  if (size.validity == evidence::Validity::kValid) return {};
  decision_.reset();
  const bool late = size.validity == evidence::Validity::kGeneratorBound;
  report_.not_judged.push_back(
      {"the pool's size", late ? "the generator was late in too many windows" : "too few windows or requests a size",
       late ? "Run on a machine with a core to spare, or with a lower --rate" : "A longer --for, or a higher --rate"});
  return {};
}

base::Result<void> PoolReporter::Take(const evidence::FindingDraft& draft) {
  HONE_TRY(Measurer::Supported supported, measurer_.Support(draft));
  if (!supported.finding) {
    report_.not_judged.push_back({draft.rule, "not enough evidence: " + supported.reason, "A longer --for"});
    return {};
  }
  const evidence::Subject& subject = supported.finding->subject;
  sources_.Locate(*supported.finding, FindCaller(facts_.quiet, subject.endpoint, subject.name));
  report_.findings.push_back(*std::move(supported.finding));
  return {};
}

base::Result<void> PoolReporter::JudgeRequests() {
  for (const NestingProbe& probe : facts_.probes) {
    const QuietEndpoint& endpoint = facts_.quiet.endpoints[probe.endpoint];
    const evidence::Judgement judgement = sql::JudgeNesting(endpoint.exchange, endpoint.capture, probe.probes,
                                                            probe.capture.id, project_.limits.connections);
    for (const evidence::FindingDraft& draft : judgement.findings) HONE_CHECK_OK(Take(draft));
    report_.not_judged.insert(report_.not_judged.end(), judgement.not_judged.begin(), judgement.not_judged.end());
  }
  return {};
}

evidence::FindingDraft PoolReporter::SizeDraft(const std::string& rule, evidence::Severity severity) const {
  evidence::FindingDraft draft;
  draft.rule = rule;
  draft.severity = severity;
  draft.subject = {.kind = "service", .name = project_.service.name, .endpoint = {}, .file = {}, .line = 0};
  return draft;
}

base::Result<void> PoolReporter::Starved() {
  evidence::FindingDraft draft = SizeDraft("pool.starved", evidence::Severity::kHigh);
  const int current = *facts_.as_is->limit;
  draft.support = {*limit_};
  if (current < decision_->chosen && Find(*decision_, current) != nullptr) {
    const std::string quantile = QuantileName(decision_->quantile);
    draft.support.insert(draft.support.end(),
                         {OfSize("pool.response", "ns", current), OfSize("pool.response", "ns", decision_->chosen),
                          OfSize("pool.response_ratio", "x", current), OfSweep("pool.size", "connections")});
    draft.title = fmt::format(
        "Requests wait for one of {{m0}}: {} is {{m1:ci}}, with {{m4}} it is {{m2:ci}}; that is {{m3:ci}} the best",
        quantile);
    draft.remedy = "Set the pool to {m4}; see the settings that follow";
    return Take(draft);
  }
  const evidence::CaptureId holds = facts_.as_is->holds.id;
  if (waiting_) {
    draft.support.insert(draft.support.end(), {*waiting_, Spec("pool.rate", "holds/s", {holds})});
    draft.title = "{m1} wait for one of {m0} on average, at {m2}: each longer than `[pool] wait` allows";
  } else {
    draft.support.insert(draft.support.end(),
                         {Spec("pool.exhausted", "ratio", {holds}, {{"size", std::to_string(current)}}),
                          Spec("pool.hold", "ns", {holds})});
    draft.title =
        "All of {m0} were held for {m1} of the time, {m2} each: what comes then waits longer than `[pool] wait` allows";
  }
  draft.remedy =
      "More connections than {m0}: how many, a sweep above the present limit tells; name the variable that sets it as "
      "`[pool] env`";
  return Take(draft);
}

base::Result<void> PoolReporter::Oversized() {
  evidence::FindingDraft draft = SizeDraft("pool.oversized", evidence::Severity::kLow);
  const int current = facts_.as_is->limit.value_or(0);
  const load::SizeEstimate* now = Find(*decision_, current);
  draft.support = {limit_ ? *limit_ : Spec("pool.connections", "connections", {facts_.as_is->shut.id}),
                   OfSweep("pool.size", "connections"), Spec("pool.cap", "connections", {facts_.bounds.id})};
  if (current == 0) {
    draft.title =
        "The pool has no limit: it opened {m0} for as many requests, where {m2} fit beside `[pool] replicas` and "
        "`reserve`";
  } else if (now != nullptr && IsClearlyWorse(*decision_, *now)) {
    draft.support.insert(draft.support.end(),
                         {OfSize("pool.response", "ns", current), OfSize("pool.response", "ns", decision_->chosen)});
    draft.title = fmt::format("{{m0}} get into each other's way: {} is {{m3:ci}}, with {{m1}} it is {{m4:ci}}",
                              QuantileName(decision_->quantile));
    if (now->pairs > 0) {
      draft.support.push_back(OfSize("pool.response_ratio", "x", current));
      draft.title += "; that is {m5:ci} the best";
    }
  } else {
    draft.title = "{m0} for each replica are more than the {m2} that `max_connections` leaves it";
  }
  draft.remedy = "Set the pool to {m1}; see the settings that follow";
  return Take(draft);
}

base::Result<void> PoolReporter::JudgeSize() {
  const PoolAsIs none;
  const PoolAsIs& as_is = facts_.as_is ? *facts_.as_is : none;
  verdict_ = JudgePool(decision_, as_is.limit, CapOf(project_.pool), as_is.use, callers_waiting_, project_.pool);
  if (verdict_.name == "starved") HONE_CHECK_OK(Starved());
  if (verdict_.name == "oversized") HONE_CHECK_OK(Oversized());
  const bool above = facts_.sweep && facts_.sweep->restarted;
  if (verdict_.name == "well_sized" && !above && !callers_waiting_) {
    report_.not_judged.push_back({"whether more connections would help",
                                  "sizes above the present limit cannot be tried at the proxy",
                                  "[pool] env in hone.toml, or the pool's metrics on [metrics] url"});
  }
  return {};
}

base::Result<void> PoolReporter::Add(const std::string& setting, const std::string& value, const std::string& reason,
                                     std::vector<std::optional<Measurement>> cited) {
  evidence::Advice advice{.setting = setting, .value = value};
  std::vector<Measurement> there;
  for (std::optional<Measurement>& each : cited) {
    if (!each) return {};
    advice.measurements.push_back(each->id);
    there.push_back(*std::move(each));
  }
  HONE_TRY(advice.reason, evidence::RenderClaim(reason, there));
  std::erase(advice.reason, '`');
  report_.advice.push_back(std::move(advice));
  return {};
}

base::Result<void> PoolReporter::AdviseSize() {
  const int size = static_cast<int>(std::min<int64_t>(decision_->chosen, CapOf(project_.pool)));
  std::string reason = fmt::format(
      "the smallest size whose {} ({{m1:ci}}) is as good as that of the best ({{m0}}); {{m2}} fit beside `[pool] "
      "replicas` "
      "and `reserve`",
      QuantileName(decision_->quantile));
  const bool nested =
      std::ranges::any_of(report_.findings, [](const auto& finding) { return finding.rule == "pool.nested_acquire"; });
  if (nested) reason += "; but no fewer than the nested acquires need, as long as there are any";
  return Add("MaxConns (pgxpool), SetMaxOpenConns (database/sql)", std::to_string(size), reason,
             {Valid(OfSweep("pool.best_size", "connections")), Valid(OfSize("pool.response", "ns", decision_->chosen)),
              Valid(Spec("pool.cap", "connections", {facts_.bounds.id}))});
}

base::Result<void> PoolReporter::Advise() {
  if (!decision_ || verdict_.name == "queries" || verdict_.name == "inconclusive") return {};
  // Where more are needed than could be tried, no number was measured.
  if (verdict_.name == "starved" && decision_->chosen <= *facts_.as_is->limit) return {};
  HONE_CHECK_OK(AdviseSize());
  const int size = static_cast<int>(std::min<int64_t>(decision_->chosen, CapOf(project_.pool)));
  const evidence::CaptureId holds = facts_.as_is->holds.id;
  const auto typical = Valid(Spec("pool.typical", "connections", {holds}, {{"most", std::to_string(size)}}));
  const auto busy = Valid(Spec("pool.busy", "connections", {holds}));
  const auto setup = Valid(Spec("pool.setup", "ns", {facts_.as_is->shut.id}));
  const auto opened = Valid(Spec("pool.opened_rate", "connections/s", {holds}));
  if (typical) {
    HONE_CHECK_OK(Add("MinConns (pgxpool)", base::FormatCount(typical->value),
                      "{m1} are in use on average under this load: so many need never be opened while a request waits",
                      {typical, busy}));
  }
  HONE_CHECK_OK(Add("SetMaxIdleConns (database/sql)", std::to_string(size),
                    "as many as may be open: by default all but `2` are closed when they come back, and opened again "
                    "({m0} under this load)",
                    {opened}));
  HONE_CHECK_OK(
      Add("MaxConnLifetime, SetConnMaxLifetime", "30m",
          "bounds what one server process gathers in memory and how long an address that has moved is kept; a "
          "connection that ends so is opened anew in {m0}",
          {setup}));
  HONE_CHECK_OK(Add("MaxConnLifetimeJitter (pgxpool)", "5m",
                    "about a sixth of the lifetime: connections that were opened together do not end together", {}));
  return Add("MaxConnIdleTime, SetConnMaxIdleTime", "5m",
             "gives back what a burst opened; opening one again takes {m0}", {setup});
}

// The verdict in one sentence.
std::string PoolReporter::Headline(bool nested) const {
  const auto name = [](int size) { return fmt::format("{} connection{}", size, size == 1 ? "" : "s"); };
  if (verdict_.name == "inconclusive") return verdict_.reason;
  if (verdict_.name == "queries") {
    return nested ? "no number of connections that was tried keeps this load"
                  : "no number of connections keeps this load: the queries are the problem, see `hone check`";
  }
  const std::optional<int> current = facts_.as_is->limit;
  if (verdict_.name == "starved" && decision_->chosen <= *current)
    return fmt::format("{} now, too few; larger pools could not be tried at the proxy", name(*current));
  return fmt::format("{} now; {} as good as any size tried", current ? name(*current) : "a pool without a limit",
                     decision_->chosen == 1 ? "1 connection is" : name(decision_->chosen) + " are");
}

void PoolReporter::Conclude() {
  const auto nested = std::ranges::count_if(report_.findings,
                                            [](const auto& finding) { return finding.rule == "pool.nested_acquire"; });
  report_.verdict = verdict_.name;
  report_.headline = Headline(nested > 0);
  if (nested > 0) {
    report_.headline += fmt::format("; {} endpoint{} take{} a connection while holding one", nested,
                                    nested == 1 ? "" : "s", nested == 1 ? "s" : "");
  }
  report_.next = {"hone evidence recompute"};
  if (!report_.findings.empty()) report_.next.insert(report_.next.begin(), "hone show 1");
}

base::Result<Report> PoolReporter::Make(const std::filesystem::path& dir) {
  report_.verb = "pool";
  report_.environment = facts_.environment;
  report_.caveats = facts_.caveats;
  for (const auto* more : {&facts_.dry.caveats, &facts_.quiet.caveats})
    report_.caveats.insert(report_.caveats.end(), more->begin(), more->end());
  report_.not_judged = facts_.dry.not_judged;
  report_.not_judged.insert(report_.not_judged.end(), facts_.quiet.not_judged.begin(), facts_.quiet.not_judged.end());
  HONE_CHECK_OK(measurer_.Measure(Spec("pool.cap", "connections", {facts_.bounds.id})));
  HONE_CHECK_OK(MeasureUse());
  HONE_CHECK_OK(MeasureSizes());
  HONE_CHECK_OK(JudgeRequests());
  HONE_CHECK_OK(JudgeSize());
  HONE_CHECK_OK(Advise());
  if (facts_.as_is) {
    report_.caveats.push_back(fmt::format("load: {} requests a second ({})",
                                          base::FormatCount(facts_.as_is->latency.rate),
                                          facts_.as_is->latency.rate_reason));
    report_.caveats.emplace_back(
        "the database is on loopback here: in production each round trip of a hold takes the network's time as well, "
        "and "
        "the pool needs so many more connections");
  }
  if (facts_.sweep) {
    report_.caveats.push_back(fmt::format("sizes were made {}; {}",
                                          facts_.sweep->restarted
                                              ? "by restarting the service with " + project_.pool.env
                                              : "at the proxy's gate, up to the pool's own limit",
                                          facts_.sweep->reason));
  }
  evidence::Rank(report_.findings, evidence::RankBy::kTime, {});
  HONE_CHECK_OK(ApplyAccepted(dir, report_));
  Conclude();
  return std::move(report_);
}

}  // namespace

double LeastWait(const sql::PoolUse& use, int size) {
  double full_s = 0;
  for (const sql::Level& level : use.levels) full_s += level.held >= size ? level.seconds : 0;
  return use.seconds > 0 ? full_s / use.seconds * use.hold_s / (size + 1) : 0;
}

PoolVerdict JudgePool(const std::optional<load::SizeDecision>& decision, std::optional<int> current, int64_t cap,
                      const sql::PoolUse& use, std::optional<double> callers_waiting, const project::Pool& pool) {
  if (!decision) return {"inconclusive", "too little evidence for a size"};
  const load::SizeEstimate* best = Find(*decision, decision->best);
  const load::SizeEstimate* now = current ? Find(*decision, *current) : nullptr;
  const double wait_s = std::max(callers_waiting && use.rate > 0 ? *callers_waiting / use.rate : 0,
                                 current ? LeastWait(use, *current) : 0);
  // Where nothing larger was tried, what the pool says of itself is all there is.
  const bool largest = current && *current >= decision->sizes.back().size && decision->best == *current;
  if (largest && *current < cap && wait_s > static_cast<double>(pool.wait_ns) / 1e9) return {"starved", ""};
  const bool over_budget = pool.p99_ns && best->interval.lo > static_cast<double>(*pool.p99_ns);
  if (best->value >= kUnanswered || over_budget) return {"queries", ""};
  if (!current) return {"oversized", ""};
  if (now != nullptr && now->windows < load::kLeastWindows)
    return {"inconclusive", "too few windows of the present size"};
  if (now != nullptr && !now->overlaps && *current < decision->chosen) return {"starved", ""};
  if (now != nullptr && IsClearlyWorse(*decision, *now)) return {"oversized", ""};
  if (*current > cap) return {"oversized", ""};
  return {"well_sized", ""};
}

base::Result<Report> MakePoolReport(const project::Project& project, const PoolFacts& facts, const SourceMap& sources,
                                    const std::filesystem::path& dir, Measurer& measurer) {
  return PoolReporter(project, facts, sources, measurer).Make(dir);
}

}  // namespace hone::ops
