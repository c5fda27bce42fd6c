#include "sql/nested.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "sql/analysis.h"
#include "sql/thresholds.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

constexpr std::string_view kProbeHead = "hone probe 1\n";

using Span = std::pair<base::Nanos, base::Nanos>;

// A connection in use by one request: its round trips from the first one of a transaction to its last.
struct Use {
  uint32_t connection = 0;
  std::vector<Span> trips = {};
  std::vector<uint32_t> statements = {};  // queries

  Span span() const { return {trips.front().first, trips.back().second}; }
  // Whether `other` lies within a time in which this connection is held and does nothing but keep its rows.
  bool Encloses(const Use& other) const {
    if (other.connection == connection) return false;
    const auto [start, end] = other.span();
    for (size_t i = 0; i < trips.size(); ++i) {
      const bool within_trip = trips[i].first < start && end < trips[i].second;
      const bool within_gap = i + 1 < trips.size() && trips[i].second < start && end < trips[i + 1].first;
      if (within_trip || within_gap) return true;
    }
    return false;
  }
};

// All of one request, in the order of their beginnings.
std::vector<Use> UsesOf(const Exchange& exchange, int32_t request) {
  std::map<uint32_t, bool> in_transaction;  // by round trip: when it began
  std::map<uint32_t, std::vector<uint32_t>> queries;
  for (const Statement& statement : exchange.statements) {
    if (statement.request != request || statement.background) continue;
    in_transaction[statement.round_trip] |= statement.in_transaction;
    queries[statement.round_trip].push_back(statement.query);
  }
  std::vector<uint32_t> trips;
  for (const auto& [trip, unused] : queries) trips.push_back(trip);
  std::ranges::sort(trips, {}, [&](uint32_t trip) { return exchange.round_trips[trip].start_ns; });
  std::map<uint32_t, Use> open;
  std::vector<Use> uses;
  for (const uint32_t index : trips) {
    const RoundTrip& trip = exchange.round_trips[index];
    Use& use = open[trip.connection];
    if (!in_transaction[index] && !use.trips.empty()) uses.push_back(std::exchange(use, {}));
    use.connection = trip.connection;
    use.trips.emplace_back(trip.start_ns, trip.end_ns);
    use.statements.insert(use.statements.end(), queries[index].begin(), queries[index].end());
  }
  for (auto& [connection, use] : open) uses.push_back(std::move(use));
  std::ranges::sort(uses, {}, [](const Use& use) { return use.span(); });
  return uses;
}

// How many connections are held within `use` at once, itself counted. Uses enclose only what begins after them.
int Depth(const std::vector<Use>& uses, size_t use) {
  int deepest = 0;
  for (size_t i = use + 1; i < uses.size(); ++i) {
    if (uses[use].Encloses(uses[i])) deepest = std::max(deepest, Depth(uses, i));
  }
  return 1 + deepest;
}

int Deepest(const std::vector<Use>& uses) {
  int deepest = 1;
  for (size_t i = 0; i < uses.size(); ++i) deepest = std::max(deepest, Depth(uses, i));
  return deepest;
}

// Several connections, never two at a time: a pool hands out the connection that came back last, so the first one had
// not come back.
bool Switches(const std::vector<Use>& uses) {
  for (size_t i = 1; i < uses.size(); ++i) {
    if (uses[i].span().first < uses[i - 1].span().second) return false;
  }
  return std::ranges::any_of(uses, [&](const Use& use) { return use.connection != uses.front().connection; });
}

double ShareOf(int64_t part, size_t all) { return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all); }

evidence::FindingDraft DraftOf(const Exchange& exchange, const evidence::Capture& capture, const Nesting& nesting,
                               evidence::CaptureId probe_capture, int64_t requests_at_once) {
  evidence::FindingDraft draft;
  draft.rule = "pool.nested_acquire";
  draft.severity = evidence::Severity::kHigh;
  draft.subject = {.kind = "endpoint", .name = exchange.endpoint, .endpoint = exchange.endpoint, .file = {}, .line = 0};
  if (nesting.inner) {
    draft.subject.kind = "query";
    draft.subject.name = exchange.queries[*nesting.inner].text;
  }
  const auto spec = [&](const std::string& metric, evidence::CaptureId id) {
    return evidence::MeasurementSpec{.metric = metric,
                                     .scope = {.service = capture.scope.service, .endpoint = exchange.endpoint},
                                     .unit = "count",
                                     .method = metric + "@1",
                                     .captures = {id}};
  };
  // What keeps rows open holds two connections, though the wire shows one at a time.
  draft.support = {spec("pool.nested_connections", capture.id), spec("pool.deadlock_bound", capture.id),
                   spec("pool.probe_stops", probe_capture)};
  const std::string least = nesting.share >= kNestingShare ? "1" : "2";
  draft.support[0].parameters["at_least"] = least;
  draft.support[1].parameters = {{"at_least", least}, {"requests_at_once", std::to_string(requests_at_once)}};
  draft.title =
      "A request takes another connection while it holds one, {m0} at once: with a single connection it stopped for "
      "good "
      "in all {m2} tries; with as many requests under way as `[limits] connections` allows, a pool of fewer than {m1} "
      "can stop so";
  draft.remedy =
      "Give what is called within a transaction that transaction (`pgx.Tx`, `*sql.Tx`), and read all rows "
      "(`pgx.CollectRows`) before the next query, so that a request needs one connection at a time";
  return draft;
}

}  // namespace

std::vector<double> HeldAtOnce(const Exchange& exchange) {
  std::vector<double> held;
  for (const size_t request : WarmRequests(exchange))
    held.push_back(Deepest(UsesOf(exchange, static_cast<int32_t>(request))));
  return held;
}

Nesting FindNesting(const Exchange& exchange) {
  Nesting nesting;
  const std::vector<double> held = HeldAtOnce(exchange);
  if (held.empty()) return nesting;
  nesting.connections = stats::MedianOf(held).value;
  nesting.share = ShareOf(std::ranges::count_if(held, [](double count) { return count > 1; }), held.size());
  int64_t switching = 0;
  std::map<uint32_t, int64_t> inner;
  for (const size_t request : WarmRequests(exchange)) {
    const std::vector<Use> uses = UsesOf(exchange, static_cast<int32_t>(request));
    switching += Switches(uses) ? 1 : 0;
    for (const Use& use : uses) {
      const bool enclosed = std::ranges::any_of(uses, [&](const Use& other) { return other.Encloses(use); });
      const bool other = !uses.empty() && use.connection != uses.front().connection;
      if (!enclosed && !(nesting.share < kNestingShare && other)) continue;
      for (const uint32_t query : use.statements) inner[query] += IsWork(exchange.queries[query].query_class) ? 1 : 0;
    }
  }
  nesting.switching = ShareOf(switching, held.size());
  const auto most = std::ranges::max_element(inner, {}, [](const auto& each) { return each.second; });
  if (most != inner.end()) nesting.inner = most->first;
  return nesting;
}

bool IsSuspect(const Nesting& nesting) { return nesting.share >= kNestingShare || nesting.switching >= kNestingShare; }

std::string Encode(const std::vector<Probe>& probes) {
  std::string text(kProbeHead);
  for (const Probe& probe : probes) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {}\n", probe.stopped ? 1 : 0, probe.still_ns, probe.holding,
                   probe.waiting);
  }
  return text;
}

base::Result<std::vector<Probe>> DecodeProbes(std::string_view bytes) {
  const auto broken = [] { return base::Fail(base::Code::kInput, "Not a capture of probes"); };
  if (!bytes.starts_with(kProbeHead)) return broken();
  bytes.remove_prefix(kProbeHead.size());
  std::vector<Probe> probes;
  while (!bytes.empty()) {
    std::array<int64_t, 4> n = {};
    for (size_t i = 0; i < n.size(); ++i) {
      const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), n[i]);
      const auto used = static_cast<size_t>(end - bytes.data());
      if (error != std::errc() || used >= bytes.size() || bytes[used] != (i + 1 < n.size() ? ' ' : '\n'))
        return broken();
      bytes.remove_prefix(used + 1);
    }
    if (n[0] != 0 && n[0] != 1) return broken();
    probes.push_back({n[0] == 1, n[1], n[2], n[3]});
  }
  return probes;
}

evidence::Judgement JudgeNesting(const Exchange& exchange, const evidence::Capture& capture,
                                 const std::vector<Probe>& probes, evidence::CaptureId probe_capture,
                                 int64_t requests_at_once) {
  evidence::Judgement judgement;
  const Nesting nesting = FindNesting(exchange);
  const auto stopped = std::ranges::count_if(probes, &Probe::stopped);
  if (!IsSuspect(nesting)) return judgement;
  if (static_cast<size_t>(stopped) < kLeastProbes || static_cast<size_t>(stopped) < probes.size()) {
    const bool kept_rows = nesting.share < kNestingShare && probes.empty();
    if (!kept_rows) return judgement;
    judgement.not_judged.push_back(
        {.subject = "Nested acquires of " + exchange.endpoint,
         .reason = "it uses several connections one after the other, as if it kept rows open while it asks again",
         .what_would_do = "The variable that sets the pool's size as `[pool] env`: with one connection it shows"});
    return judgement;
  }
  judgement.findings.push_back(DraftOf(exchange, capture, nesting, probe_capture, requests_at_once));
  return judgement;
}

}  // namespace hone::sql
