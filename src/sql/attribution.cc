#include "sql/attribution.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "sql/fingerprint.h"

namespace hone::sql {
namespace {

using base::Nanos;
constexpr Nanos kNever = std::numeric_limits<Nanos>::min();

// Gaps between requests that are shorter and in which nothing happens are not kept: they add up to little.
constexpr Nanos kShortGap = 1'000'000;

class Attributor {
 public:
  Attributor(const Recording& recording, const std::vector<SeenRequest>& seen, const std::vector<IdleWindow>& idle)
      : recording_(recording), seen_(seen), of_trip_(recording.round_trips.size()) {
    result_.idle = idle;
    result_.fates.assign(seen.size(), RequestFate::kAlone);
    result_.owners.assign(recording.round_trips.size(), kNoRequest);
    for (size_t i = 0; i < recording.statements.size(); ++i) of_trip_[recording.statements[i].round_trip].push_back(i);
    by_start_.resize(recording.round_trips.size());
    std::iota(by_start_.begin(), by_start_.end(), size_t{0});
    std::ranges::stable_sort(by_start_, {}, [&](size_t trip) { return recording.round_trips[trip].start_ns; });
  }

  Attribution Run() {
    FindHarmless();
    FindOverlaps();
    OwnByTrace();
    OwnByTime();
    FindUnsettled();
    SettleTraced();
    AddGaps();
    return std::move(result_);
  }

 private:
  const RecordedTrip& TripAt(size_t trip) const { return recording_.round_trips[trip]; }
  const std::string& TextOfStatement(size_t statement) const {
    return recording_.texts[recording_.statements[statement].text];
  }

  const std::string& QueryOf(size_t statement) {
    const RecordedStatement& recorded = recording_.statements[statement];
    std::string& known = queries_[{recorded.text, recorded.part}];
    if (known.empty()) known = Fingerprint(TextOfStatement(statement)).query.id;
    return known;
  }

  bool InIdle(Nanos time) const {
    return std::ranges::any_of(
        result_.idle, [&](const IdleWindow& window) { return time >= window.start_ns && time <= window.end_ns; });
  }

  // What may run at any time without saying anything of a request: what ran before anybody asked, pings, and the
  // beginnings of sessions.
  void FindHarmless() {
    std::set<std::string> background;
    for (size_t i = 0; i < recording_.statements.size(); ++i) {
      if (InIdle(recording_.statements[i].start_ns)) background.insert(QueryOf(i));
    }
    harmless_.resize(of_trip_.size());
    const auto is_background = [&](size_t statement) {
      return IsEmptyStatement(TextOfStatement(statement)) || background.contains(QueryOf(statement));
    };
    // What only prepares belongs to what its connection executes next.
    std::map<uint32_t, bool> next;  // by connection: whether that is harmless
    for (auto trip = by_start_.rbegin(); trip != by_start_.rend(); ++trip) {
      bool& after = next.try_emplace(TripAt(*trip).connection, false).first->second;
      if (!of_trip_[*trip].empty()) after = std::ranges::all_of(of_trip_[*trip], is_background);
      harmless_[*trip] = after || (of_trip_[*trip].empty() && TripAt(*trip).kind == TripKind::kStartup);
    }
  }

  // Times in which at least one request was under way.
  void FindOverlaps() {
    for (size_t i = 0; i < seen_.size(); ++i) {
      if (blocks_.empty() || seen_[i].start_ns > blocks_.back().end_ns) {
        blocks_.push_back({seen_[i].start_ns, seen_[i].end_ns, i, 1});
      } else {
        blocks_.back().end_ns = std::max(blocks_.back().end_ns, seen_[i].end_ns);
        ++blocks_.back().requests;
      }
      // Nobody knows when the service stopped working for it.
      if (!seen_[i].answered) behind_answers_ = true;
    }
    for (const Block& block : blocks_) {
      for (size_t i = block.first; i < block.first + block.requests; ++i) {
        if (!seen_[i].answered)
          result_.fates[i] = RequestFate::kUnread;
        else if (block.requests > 1)
          result_.fates[i] = RequestFate::kOverlapped;
      }
    }
  }

  void OwnByTrace() {
    std::map<std::string_view, int32_t> requests;
    for (size_t i = 0; i < seen_.size(); ++i) {
      if (seen_[i].trace.empty()) continue;
      const auto [it, is_new] = requests.try_emplace(seen_[i].trace, static_cast<int32_t>(i));
      if (!is_new) it->second = kNoRequest;  // several: that tells nothing
    }
    if (requests.empty()) return;
    for (size_t trip = 0; trip < of_trip_.size(); ++trip) {
      std::set<int32_t> named;
      for (const size_t statement : of_trip_[trip]) {
        const auto it = requests.find(TraceOf(TextOfStatement(statement)));
        if (it != requests.end()) named.insert(it->second);
      }
      if (named.size() == 1) result_.owners[trip] = *named.begin();
    }
    by_trace_ = result_.owners;
  }

  // A request that is alone owns what begins in its time and names no other.
  void OwnByTime() {
    for (size_t trip = 0; trip < of_trip_.size(); ++trip) {
      const Nanos start = TripAt(trip).start_ns;
      const auto after = std::ranges::upper_bound(blocks_, start, {}, &Block::start_ns);
      if (after == blocks_.begin() || result_.owners[trip] != kNoRequest) continue;  // the service's start; traced
      const Block& block = *std::prev(after);
      if (start > block.end_ns) {
        behind_answers_ = behind_answers_ || !harmless_[trip];
      } else if (result_.fates[block.first] == RequestFate::kAlone) {
        result_.owners[trip] = static_cast<int32_t>(block.first);
        if (TripAt(trip).end_ns > block.end_ns && !harmless_[trip]) behind_answers_ = true;
      }
    }
  }

  // Requests that began while the database was at work for something else.
  void FindUnsettled() {
    Nanos busy_until = kNever;
    Nanos answered_until = kNever;
    size_t next = 0;
    for (size_t i = 0; i < seen_.size(); ++i) {
      const Nanos start = seen_[i].start_ns;
      for (; next < by_start_.size() && TripAt(by_start_[next]).start_ns < start; ++next) {
        if (!harmless_[by_start_[next]]) busy_until = std::max(busy_until, TripAt(by_start_[next]).end_ns);
      }
      const Nanos needed = behind_answers_ ? kSettledNs : 0;
      const Nanos last = std::max(busy_until, answered_until);
      const bool unsettled = last != kNever && start < last + needed;
      if (result_.fates[i] == RequestFate::kAlone && (unsettled || HoldsForeignWork(i, next)))
        result_.fates[i] = RequestFate::kUnsettled;
      answered_until = std::max(answered_until, seen_[i].end_ns);
    }
    for (int32_t& owner : result_.owners) {
      if (owner != kNoRequest && result_.fates[static_cast<size_t>(owner)] == RequestFate::kUnsettled)
        owner = kNoRequest;
    }
    for (size_t trip = 0; trip < by_trace_.size(); ++trip) {
      if (by_trace_[trip] != kNoRequest) result_.owners[trip] = by_trace_[trip];
    }
  }

  // Within a request's time: a transaction that began before it, or a statement that names another's trace. `first` is
  // the first round trip of its time.
  bool HoldsForeignWork(size_t request, size_t first) const {
    std::set<uint32_t> met;  // connections
    for (size_t at = first; at < by_start_.size(); ++at) {
      const size_t trip = by_start_[at];
      if (TripAt(trip).start_ns > seen_[request].end_ns) return false;
      if (harmless_[trip]) continue;
      if (result_.owners[trip] != static_cast<int32_t>(request)) return true;
      if (of_trip_[trip].empty() || !met.insert(TripAt(trip).connection).second) continue;
      if (recording_.statements[of_trip_[trip].front()].in_transaction) return true;
    }
    return false;
  }

  // A request among others is known where every execution of what it ran, while it was under way, names its owner.
  void SettleTraced() {
    if (by_trace_.empty()) return;
    std::vector<std::set<std::string>> ran(seen_.size());
    for (size_t i = 0; i < recording_.statements.size(); ++i) {
      const int32_t owner = by_trace_[recording_.statements[i].round_trip];
      if (owner != kNoRequest) ran[static_cast<size_t>(owner)].insert(QueryOf(i));
    }
    std::vector<std::pair<Nanos, size_t>> unowned;  // statements
    for (size_t i = 0; i < recording_.statements.size(); ++i) {
      if (result_.owners[recording_.statements[i].round_trip] == kNoRequest)
        unowned.emplace_back(recording_.statements[i].start_ns, i);
    }
    std::ranges::sort(unowned);
    for (size_t i = 0; i < seen_.size(); ++i) {
      const bool open = result_.fates[i] == RequestFate::kOverlapped || result_.fates[i] == RequestFate::kUnsettled;
      if (!open || ran[i].empty()) continue;
      auto at = std::ranges::lower_bound(unowned, std::pair(seen_[i].start_ns, size_t{0}));
      bool complete = true;
      for (; complete && at != unowned.end() && at->first <= seen_[i].end_ns; ++at)
        complete = !ran[i].contains(QueryOf(at->second));
      if (complete) result_.fates[i] = RequestFate::kTraced;
    }
  }

  // The times between the requests.
  void AddGaps() {
    size_t next = 0;
    for (size_t i = 1; i < blocks_.size(); ++i) {
      const Nanos from = blocks_[i - 1].end_ns;
      const Nanos to = blocks_[i].start_ns;
      while (next < by_start_.size() && TripAt(by_start_[next]).start_ns <= from) ++next;
      const bool used = next < by_start_.size() && TripAt(by_start_[next]).start_ns < to;
      if (to > from + 1 && (used || to - from >= kShortGap)) result_.idle.push_back({from + 1, to - 1});
    }
  }

  struct Block {
    Nanos start_ns = 0;
    Nanos end_ns = 0;
    size_t first = 0;  // of its requests
    size_t requests = 0;
  };

  const Recording& recording_;
  const std::vector<SeenRequest>& seen_;
  std::vector<std::vector<size_t>> of_trip_;  // statements
  std::vector<size_t> by_start_;              // round trips
  std::vector<bool> harmless_;                // round trips
  std::vector<Block> blocks_;
  std::vector<int32_t> by_trace_;  // owners; empty: no request came with a trace
  std::map<std::pair<uint32_t, uint32_t>, std::string> queries_;
  bool behind_answers_ = false;  // something was seen to go on behind an answer
  Attribution result_;
};

// Which requests of the endpoint make its exchange.
std::vector<size_t> Chosen(const std::vector<SeenRequest>& seen, const Attribution& attribution,
                           const std::string& endpoint) {
  constexpr int kFirstFailure = 400;
  std::array<std::vector<size_t>, 2> known;
  for (size_t i = 0; i < seen.size(); ++i) {
    const bool good = seen[i].endpoint == endpoint && seen[i].status < kFirstFailure;
    if (good && attribution.fates[i] == RequestFate::kAlone) known[0].push_back(i);
    if (good && attribution.fates[i] == RequestFate::kTraced) known[1].push_back(i);
  }
  return known[1].size() > known[0].size() ? known[1] : known[0];
}

// All that ask the same have the size of the one with the most rows.
void SetSizes(Exchange& exchange) {
  const std::vector<RequestAccount> accounts = Account(exchange);
  std::map<std::string, int64_t> most;
  for (size_t i = 0; i < accounts.size(); ++i) {
    int64_t& rows = most.try_emplace(exchange.requests[i].variant, 0).first->second;
    rows = std::max(rows, accounts[i].rows);
  }
  for (RequestWindow& request : exchange.requests) request.size = most[request.variant];
}

}  // namespace

std::string_view Name(RequestFate fate) {
  constexpr std::array<std::string_view, 5> kNames = {"alone", "traced", "overlapped", "unsettled", "unread"};
  return kNames[static_cast<size_t>(fate)];
}

std::string TraceOf(std::string_view text) {
  constexpr std::string_view kKey = "traceparent='";
  constexpr size_t kVersion = 3;  // "00-"
  constexpr size_t kDigits = 32;
  const size_t at = text.rfind(kKey);
  if (at == std::string_view::npos) return {};
  const size_t comment = text.rfind("/*", at);
  if (comment == std::string_view::npos || text.substr(comment, at - comment).find("*/") != std::string_view::npos)
    return {};
  const std::string_view value = text.substr(at + kKey.size());
  if (value.size() <= kVersion + kDigits || value[kVersion - 1] != '-' || value[kVersion + kDigits] != '-') return {};
  std::string trace = base::LowerCase(value.substr(kVersion, kDigits));
  const bool hex = trace.find_first_not_of("0123456789abcdef") == std::string::npos;
  const bool given = trace.find_first_not_of('0') != std::string::npos;
  return hex && given ? trace : std::string();
}

Attribution AttributeRequests(const Recording& recording, const std::vector<SeenRequest>& seen,
                              const std::vector<IdleWindow>& idle) {
  return Attributor(recording, seen, idle).Run();
}

Exchange BuildEndpoint(const Recording& recording, const std::vector<SeenRequest>& seen, const Attribution& attribution,
                       const std::string& endpoint, const evidence::Redactor& redactor) {
  QuietPhase phase{.endpoint = endpoint, .idle = attribution.idle};
  std::set<std::string> asked;
  std::vector<bool> repeated;
  for (const SeenRequest& request : seen)
    repeated.push_back(!asked.insert(request.endpoint + '\0' + request.target).second);
  std::map<int32_t, int32_t> places;  // requests of the run -> of the exchange
  for (const size_t i : Chosen(seen, attribution, endpoint)) {
    places[static_cast<int32_t>(i)] = static_cast<int32_t>(phase.requests.size());
    phase.requests.push_back({.variant = seen[i].target,
                              .cold = !repeated[i],
                              .status = seen[i].status,
                              .start_ns = seen[i].start_ns,
                              .first_byte_ns = seen[i].first_byte_ns,
                              .end_ns = seen[i].end_ns,
                              .drained_ns = seen[i].end_ns});
  }
  for (size_t trip = 0; trip < recording.round_trips.size(); ++trip) {
    const auto place = places.find(attribution.owners[trip]);
    const Nanos start = recording.round_trips[trip].start_ns;
    const auto after = std::ranges::upper_bound(phase.idle, start, {}, &IdleWindow::start_ns);
    const bool idle = after != phase.idle.begin() && start <= std::prev(after)->end_ns;
    const bool outside = attribution.owners[trip] == kNoRequest && idle;
    phase.owners.push_back(place != places.end() ? place->second : outside ? kNoRequest : kLeftOut);
  }
  Exchange exchange = BuildExchange(recording, std::move(phase), redactor);
  SetSizes(exchange);
  return exchange;
}

}  // namespace hone::sql
