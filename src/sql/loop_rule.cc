// sql.n_plus_one: which class of loop it is, and how that is told.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evidence/claim.h"
#include "sql/analysis.h"
#include "sql/loop.h"
#include "sql/remedies.h"
#include "sql/rule_context.h"
#include "sql/steady_loop.h"
#include "sql/thresholds.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using evidence::FindingDraft;

// What a loop does for each turn.
enum class LoopClass {
  kPlain,      // one call a row
  kNested,     // one call for each row of a statement that itself runs for each row
  kQuadratic,  // one call for each pair of rows
  kSeveral,    // several calls a row: of this statement, or of several
  kChunked,    // one call for a few rows
  kTree,       // one call for each node of a tree
  kBatch,      // one batch of several statements a row
  kFixed,      // one call for each value of a list that no row held
};

struct Loop {
  uint32_t query = 0;
  std::set<uint32_t> trips = {};
  Against outer = {};                  // whose rows the loop runs over
  std::vector<uint32_t> queries = {};  // all that run in the same loop, this one among them
};

double MedianOr0(const std::vector<double>& values) { return values.empty() ? 0 : stats::MedianOf(values).value; }

class Loops {
 public:
  Loops(const RuleContext& context, evidence::Judgement& judgement) : context_(&context), judgement_(&judgement) {
    const std::vector<int64_t> sizes = Sizes(exchange());
    if (!sizes.empty()) largest_ = WarmRequests(exchange(), sizes.back());
  }

  void Run() {
    for (uint32_t query = 0; query < exchange().queries.size(); ++query) {
      if (!IsLoop(query)) continue;
      std::set<uint32_t> trips = TripsOf(exchange(), query);
      // A batch for each item holds several statements in the same round trips: that is one defect, told once.
      const bool told =
          std::ranges::any_of(loops_, [&](const Loop& loop) { return std::ranges::includes(loop.trips, trips); });
      if (!told) loops_.push_back({.query = query, .trips = std::move(trips), .outer = OuterOf(query), .queries = {}});
    }
    for (Loop& loop : loops_) {
      for (const Loop& other : loops_) {
        if (other.outer == loop.outer) loop.queries.push_back(other.query);
      }
    }
    for (const Loop& loop : loops_) Tell(loop);
  }

 private:
  const Exchange& exchange() const { return context_->exchange(); }
  const Growth& growth(uint32_t query) const { return context_->growth(query); }

  bool IsLoop(uint32_t query) const {
    const Growth& growth_of = growth(query);
    return growth_of.judged && (growth_of.against || growth_of.fixed) && !growth_of.same_parameters;
  }

  // A statement that runs for each row and answers several rows: a loop over those is an inner one.
  bool IsInnerSource(const Against& against) const {
    if (against.kind != RowSource::kQuery) return false;
    const Growth& source = growth(against.query);
    if (!source.judged || !source.against) return false;
    const std::vector<double> rows = RowsOfCalls(exchange(), against.query);
    return !rows.empty() && std::ranges::max(rows) >= 2;
  }

  // A look-up of one row in a loop hands its row on to the next look-up of the same loop.
  Against OuterOf(uint32_t query) const {
    if (growth(query).fixed) return {RowSource::kQuery, query};  // a loop of its own
    Against outer = *growth(query).against;
    for (size_t i = 0; i < exchange().queries.size(); ++i) {
      const bool chained = outer.kind == RowSource::kQuery && growth(outer.query).judged &&
                           growth(outer.query).against && !IsInnerSource(outer);
      if (!chained) break;
      outer = *growth(outer.query).against;
    }
    return outer;
  }

  // One call for a few rows; not one for the few rows that need it, whose only parameter is a value of that row.
  bool IsChunked(const Loop& loop) const {
    const Growth& growth_of = growth(loop.query);
    const bool of_one_row =
        VaryingParameters(exchange(), loop.query) == 1 && IsCause(FindProvenance(exchange(), loop.query));
    return growth_of.slope < 1 && !of_one_row &&
           ChunksOf(TripsAgainst(exchange(), {loop.query}, *growth_of.against)).least >= 2;
  }

  LoopClass ClassOf(const Loop& loop) const {
    if (growth(loop.query).fixed) return LoopClass::kFixed;
    if (MedianOr0(StatementsPerTrip(exchange(), loop.query, largest_)) >= kLeastBatch) return LoopClass::kBatch;
    if (growth(loop.query).tree) return LoopClass::kTree;
    if (growth(loop.query).quadratic) return LoopClass::kQuadratic;
    if (IsInnerSource(*growth(loop.query).against)) return LoopClass::kNested;
    if (IsChunked(loop)) return LoopClass::kChunked;
    return loop.queries.size() > 1 || growth(loop.query).slope >= kLeastSeveral ? LoopClass::kSeveral
                                                                                : LoopClass::kPlain;
  }

  bool IsWrite(uint32_t query) const { return exchange().queries[query].query_class == QueryClass::kWrite; }

  // Appends a measurement of the finding's class; how the text cites it.
  std::string Cite(FindingDraft& draft, evidence::MeasurementSpec spec) const {
    draft.support.push_back(std::move(spec));
    return "{m" + std::to_string(draft.support.size() - 1) + "}";
  }

  std::map<std::string, std::string> SourceOf(const Against& against) const {
    return {{"source", Name(exchange(), against)}};
  }

  // The beginning of the title; measurements of the class are named sql.n_plus_one.CLASS.
  std::string Lead(FindingDraft& draft, const Loop& loop, LoopClass loop_class) const {
    const uint32_t query = loop.query;
    const std::string one = IsWrite(query) ? "write" : "query";
    std::map<std::string, std::string> source;
    if (growth(query).against) source = SourceOf(*growth(query).against);
    switch (loop_class) {
      case LoopClass::kPlain:
        return IsWrite(query) ? "Writes in a loop, one statement per row" : "One query per row";
      case LoopClass::kNested:
        return "Nested loop, one " + one + " for each row of an inner query (" +
               Cite(draft, context_->Spec("sql.n_plus_one.nested", "count", growth(query).against->query, {},
                                          "sql.rows_of_call@1")) +
               " of them in each outer turn)";
      case LoopClass::kQuadratic:
        return "Nested loop over the same rows, one " + one + " for each pair (growing with the rows to the power " +
               Cite(draft, context_->Spec("sql.n_plus_one.nested", "count", query, source, "sql.calls_power@1")) + ")";
      case LoopClass::kSeveral:
        return SeveralLead(draft, loop);
      case LoopClass::kChunked:
        return "One " + one + " for every " +
               Cite(draft, context_->Spec("sql.n_plus_one.chunked", "count", query, source, "sql.rows_of_chunk@2")) +
               " rows, in small chunks";
      case LoopClass::kTree:
        return "One " + one + " for each node of a tree (" +
               Cite(draft, context_->Spec("sql.n_plus_one.tree", "count", growth(query).against->query, AtLargestSize(),
                                          "sql.rows@1")) +
               " rows of the walk lead to further ones)";
      case LoopClass::kBatch:
        return "One batch of " +
               Cite(draft, context_->Spec("sql.n_plus_one.batch", "count", query, {}, "sql.statements_of_trip@1")) +
               " statements per row";
      case LoopClass::kFixed:
        return "One " + one + " for each value of a list that no row held (" +
               Cite(draft, context_->Spec(std::string(kFixedMetric), "count", query, {}, "sql.distinct_parameters@1")) +
               " different ones in a request)";
    }
    return {};
  }

  std::string SeveralLead(FindingDraft& draft, const Loop& loop) const {
    std::map<std::string, std::string> parameters = SourceOf(loop.outer);
    for (const uint32_t query : loop.queries) {
      std::string& ids = parameters["queries"];
      ids += (ids.empty() ? "" : ",") + exchange().queries[query].id;
    }
    const std::string together = Cite(draft, context_->Spec("sql.n_plus_one.per_item", "per_row", std::nullopt,
                                                            std::move(parameters), "sql.loop_round_trips@1"));
    const std::string writes =
        IsWrite(loop.query) ? "Writes in a loop, several statements per row (" : "Several queries per row (";
    return writes + together + " together), this one among them";
  }

  // How the calls are made: side by side, in a transaction.
  std::string Manner(FindingDraft& draft, uint32_t query) const {
    std::string manner;
    if (IsWrite(query)) {
      draft.support.push_back(
          context_->Spec("sql.n_plus_one.writes", "count", query, AtLargestSize(), "sql.statements@1"));
    }
    const double connections = MedianOr0(ConnectionsOf(exchange(), query, largest_));
    if (connections >= 2 && MedianOr0(OverlapOf(exchange(), query, largest_)) >= kLeastOverlap) {
      manner += ", in parallel on " +
                Cite(draft, context_->Spec("sql.n_plus_one.parallel", "count", query, {}, "sql.connections@1")) +
                " connections (" + Cite(draft, context_->Spec("sql.overlap", "ratio", query)) +
                " of their time side by side)";
    }
    if (InTransaction(exchange(), query).share >= kTransactionShare) {
      manner += ", " +
                Cite(draft, context_->Spec("sql.n_plus_one.transaction", "ratio", query, {}, "sql.in_transaction@1")) +
                " of them in a transaction";
    }
    return manner;
  }

  std::map<std::string, std::string> AtLargestSize() const {
    return {{"size", std::to_string(Sizes(exchange()).back())}};
  }

  static std::string Remedy(LoopClass loop_class, bool write, std::string_view library) {
    if (write) return BatchRemedy(library, QueryClass::kWrite);
    switch (loop_class) {
      case LoopClass::kNested:
      case LoopClass::kQuadratic:
        return "Ask once for all levels: a `JOIN` of the statements, or one query for each level with `WHERE key = "
               "ANY($1)` over all keys collected so far";
      case LoopClass::kTree:
        return "Ask once for the whole tree with `WITH RECURSIVE`, or one query for each level with `WHERE key = "
               "ANY($1)` "
               "over all keys of the level before";
      case LoopClass::kChunked:
        return "Ask once for all rows with `WHERE key = ANY($1)`, or in chunks of some hundred keys";
      case LoopClass::kBatch:
        return "Put the statements of all rows into one `pgx.Batch`, or ask once for each statement with `WHERE key = "
               "ANY($1)`";
      default:
        return BatchRemedy(library, QueryClass::kRead);
    }
  }

  // The set form of this very statement, where it was run and returned the same rows.
  std::string ProvenRemedy(FindingDraft& draft, uint32_t query) const {
    const auto form = context_->options().set_forms.find(exchange().queries[query].id);
    if (form == context_->options().set_forms.end()) return {};
    const auto cite = [&](const char* metric, const char* unit, std::map<std::string, std::string> parameters) {
      evidence::MeasurementSpec spec = context_->Spec(metric, unit, query);
      spec.captures = {form->second.capture};
      spec.parameters = std::move(parameters);
      return Cite(draft, std::move(spec));
    };
    const std::string rows = cite("sql.set_form.rows", "count", {});
    const std::string calls = cite("sql.set_form.calls", "count", {});
    const std::string set = cite("sql.set_form.time", "ns", {{"arm", "set"}});
    return ". As a set, " + evidence::Quote(form->second.statement) + " returns the same " + rows + " rows as " +
           calls + " single calls, proven on a clone of the database: " + set + " instead of " +
           cite("sql.set_form.time", "ns", {{"arm", "single"}});
  }

  // Where the endpoint was asked with a delay of this statement's replies, the worth is by what that showed.
  void UseCheck(FindingDraft& draft, uint32_t query) const {
    const auto check = context_->options().delay_checks.find(exchange().queries[query].id);
    if (check == context_->options().delay_checks.end()) return;
    // One call is all there is in most requests of the size that was delayed, be it a chunk or a thing of which there
    // is one: nothing would be saved there.
    const std::vector<InARow> requests = CallsInARow(exchange(), query, context_->typical_requests());
    const auto executing = std::ranges::count_if(requests, [](const InARow& request) { return request.trips > 0; });
    const auto saving = std::ranges::count_if(
        requests, [](const InARow& request) { return request.trips > 0 && request.calls > request.each; });
    if (2 * saving < executing || saving == 0) return;
    const auto spec = [&](const char* metric, bool with_exchange) {
      evidence::MeasurementSpec made = context_->Spec(metric, "ns", query);
      made.parameters.clear();
      const evidence::CaptureId counted = made.captures.front();
      made.captures = {check->second};
      if (with_exchange) made.captures.push_back(counted);
      return made;
    };
    draft.title += "; checked with " + Cite(draft, spec("delay.injected", false)) +
                   " a round trip injected: the answer takes " + Cite(draft, spec("delay.growth", false)) +
                   " longer (predicted: ";
    draft.title += Cite(draft, spec("delay.predicted", true)) + ")";
    evidence::MeasurementSpec saved = spec("delay.saved_time", true);
    saved.parameters["round_trip_ns"] = std::to_string(context_->options().round_trip_ns);
    draft.time_ns = draft.ceiling = draft.support.size();
    draft.support.push_back(std::move(saved));
  }

  void Tell(const Loop& loop) {
    const uint32_t query = loop.query;
    const LoopClass loop_class = ClassOf(loop);
    FindingDraft draft = context_->Draft("sql.n_plus_one", evidence::Severity::kHigh, query);
    draft.support = {context_->Spec("sql.calls_at_largest", "count", query)};
    std::string growing;
    if (!growth(query).tree && !growth(query).fixed)
      growing = ", growing by " +
                Cite(draft, context_->Spec("sql.calls_slope", "per_row", query, SourceOf(*growth(query).against)));
    draft.support.push_back(context_->Spec("sql.distinct_parameters", "count", query));
    std::string provenance;
    if (IsCause(FindProvenance(exchange(), query))) {
      provenance = "; " + Cite(draft, context_->Spec("sql.provenance", "ratio", query, {}, "sql.provenance@2")) +
                   " of its parameters come out of earlier rows";
    }
    draft.title = Lead(draft, loop, loop_class) + ": {m0} round trips at the largest size" + growing;
    if (exchange().size_variable == kRowsLeft) draft.title += " (told by taking rows out of the database)";
    if (exchange().size_variable == kElementsLeft)
      draft.title += " (told by taking elements out of a list in a row, which count as rows here)";
    draft.title += Manner(draft, query) + provenance;
    context_->AddSavedTime(draft, query, "n_plus_one", context_->typical());
    draft.ceiling_basis = "all round trips with this statement but one disappear";
    UseCheck(draft, query);
    draft.remedy = Remedy(loop_class, IsWrite(query), context_->LibraryOf(query)) + ProvenRemedy(draft, query);
    judgement_->findings.push_back(std::move(draft));
  }

  const RuleContext* context_;
  evidence::Judgement* judgement_;
  std::vector<size_t> largest_;
  std::vector<Loop> loops_;
};

}  // namespace

void JudgeLoops(const RuleContext& context, evidence::Judgement& judgement) { Loops(context, judgement).Run(); }

}  // namespace hone::sql
