// leak.goroutine, mem.retained: what requests leave behind in window after window of one process.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

#include "evidence/claim.h"
#include "profile/growth.h"
#include "profile/growth_plan.h"
#include "profile/rule_context.h"
#include "profile/thresholds.h"

namespace hone::profile {
namespace {

using evidence::FindingDraft;

// Two profiles between which requests were answered.
struct Pair {
  const CapturedProfile* before = nullptr;
  const CapturedProfile* after = nullptr;

  double requests() const { return FactsOf(after->capture).requests; }
};

// All windows of one process in which one thing was watched, in order, decoded once.
class Series {
 public:
  Series(Remains what, const EndpointWindow& window) : what_(what), window_(window) {
    const bool heap = what == Remains::kMemory;
    if (!window.restarted)
      Add(heap ? window.allocs_before : window.goroutines_before, heap ? window.allocs_after : window.goroutines_after);
    for (const GrowthWindow& further : window.growth) {
      Add(heap ? further.heap_before : further.goroutines_before, heap ? further.heap_after : further.goroutines_after);
    }
  }

  size_t size() const { return pairs_.size(); }
  const Pair& last() const { return pairs_.back(); }
  Growth Of(size_t index, std::string_view owner) const {
    return Between(*pairs_[index].before, *pairs_[index].after, owner);
  }
  double RequestsOf(size_t index) const { return pairs_[index].requests(); }
  // From the beginning of one window to that of the next: less what has gone meanwhile.
  Growth KeptOf(size_t index, std::string_view owner) const {
    return Between(*pairs_[index].before, *pairs_[index + 1].before, owner);
  }
  // The last window's owners.
  std::vector<Owned> Owners() const { return GrownOwners(what_, Read(*last().before), Read(*last().after)); }
  // How fast it grew after the last request, as a part of how fast it did before.
  double IdlePart(std::string_view owner) const {
    const GrowthWindow& further = window_.growth.back();
    const auto& end = what_ == Remains::kMemory ? further.heap_end : further.goroutines_end;
    const double seconds = FactsOf(last().after->capture).seconds;
    if (!end || further.idle_seconds <= 0 || seconds <= 0) return 0;
    const double loaded = Between(*last().before, *end, owner).value / seconds;
    const double idle = Between(*end, *last().after, owner).value / further.idle_seconds;
    return loaded > 0 ? idle / loaded : 1;
  }

 private:
  void Add(const std::optional<CapturedProfile>& before, const std::optional<CapturedProfile>& after) {
    const Kind kind = what_ == Remains::kMemory ? Kind::kHeap : Kind::kGoroutine;
    if (before && after && before->profile.kind() == kind && after->profile.kind() == kind) {
      const Pair pair{&*before, &*after};
      if (pair.requests() > 0) pairs_.push_back(pair);
    }
  }
  const Stacked& Read(const CapturedProfile& captured) const {
    for (const Stacked& known : read_) {
      if (&known.profile() == &captured.profile) return known;
    }
    return read_.emplace_back(captured.profile, window_.modules, window_.handler);
  }
  Growth Between(const CapturedProfile& before, const CapturedProfile& after, std::string_view owner) const {
    return GrowthBetween(what_, Read(before), Read(after), owner);
  }

  Remains what_;
  const EndpointWindow& window_;
  std::vector<Pair> pairs_;
  mutable std::deque<Stacked> read_;
};

struct Judged {
  enum class Verdict { kNothing, kRemains, kUndecided } verdict = Verdict::kNothing;
  std::string reason = {};
  std::string what_would_do = {};
};
using Verdict = Judged::Verdict;

Judged NotSure(std::string reason, std::string what_would_do) {
  return {Verdict::kUndecided, std::move(reason), std::move(what_would_do)};
}

// Whether something that is kept once for each different request, and no more, looks the same.
std::optional<Judged> MayFillUp(Remains what, const Series& series, const EndpointWindow& window) {
  if (window.never_repeated && what == Remains::kMemory) {
    return NotSure("no two requests were the same: a cache with room for more of them looks like that too",
                   "a scenario whose requests repeat, or a look at what keeps it");
  }
  double before = 0;
  for (size_t i = 0; i + 1 < series.size(); ++i) before += series.RequestsOf(i);
  if (window.never_repeated || before >= kRoundsToFill * window.different_requests) return std::nullopt;
  return NotSure(fmt::format("{:.0f} requests of {:.0f} different ones do not fill a cache of them", before,
                             window.different_requests),
                 "a longer profile window, a higher rate, or fewer different values in the scenario");
}

Judged JudgeOwner(Remains what, const Series& series, const EndpointWindow& window, const std::string& owner) {
  const size_t last = series.size() - 1;
  const Growth first = series.Of(last - 1, owner);
  const Growth second = series.Of(last, owner);
  const double per_request = PoissonInterval(first.value, first.samples).lo / series.RequestsOf(last - 1);
  const double least_samples = what == Remains::kMemory ? kLeastRetained : kLeastLeaked;
  const double least = what == Remains::kMemory ? kRetainedBytes : kLeakedPerRequest;
  if (series.KeptOf(last - 1, owner).value < kStillGrows * first.value) return {};  // it went by itself
  const double requests = series.RequestsOf(last);
  const bool slower = second.value / requests < kStillGrows * per_request;
  if (second.samples < least_samples) {
    if (slower) return {};
    return NotSure("the window that was to confirm it had too few requests", "a longer window, or a higher rate");
  }
  if (PoissonInterval(second.value / requests, second.samples).lo < least) return {};
  if (slower) {
    return NotSure("a second window left less behind than the first: it may fill up",
                   "a run that drives this endpoint alone for longer");
  }
  if (series.IdlePart(owner) >= kIdleGrowth)
    return NotSure("it grows without requests too", "a look at what the service does by itself");
  if (const auto fills = MayFillUp(what, series, window)) return *fills;
  return {.verdict = Verdict::kRemains};
}

// How a wait reads, and what ends it, by the function that does not return.
struct Wait {
  std::string_view prefix;
  std::string_view what;
  std::string_view remedy;
};
constexpr auto kWaits = std::to_array<Wait>({
    {"runtime.chansend", "wait for a receiver",
     "Nobody receives any more once the request is answered: make the channel with room for every sender, as in "
     "`make(chan T, n)`, or let the sender `select` on `ctx.Done()` as well."},
    {"runtime.chanrecv", "wait for a sender",
     "Nobody sends or closes any more once the request is answered: close the channel when its sender is done, or let "
     "the receiver `select` on `ctx.Done()` as well."},
    {"runtime.selectgo", "wait in a `select`",
     "None of its cases comes any more once the request is answered: add `case <-ctx.Done()` with a context that is "
     "cancelled when the request is done."},
    {"runtime.block", "wait in an empty `select`", "Give it an end: `<-ctx.Done()` instead of `select {}`."},
    {"time.Sleep", "sleep",
     "Wait with a timer in a `select` beside `ctx.Done()`, and return when the request's context is done."},
    {"net/http.(*persistConn)", "hold a connection to another service",
     "Close the body of every response (`defer resp.Body.Close()`), and use one `http.Client` with a `Timeout` for all "
     "requests."},
});
constexpr std::string_view kOtherWait =
    "Give it an end: a context that is cancelled when the request is done, or a timeout on what it waits for.";

constexpr std::string_view kRetainedRemedy =
    "Something that lives on keeps it: find the map, slice or list to which this result, or a part of it, is added, "
    "and give that a bound or take things out again. A substring or subslice keeps all of its text alive: keep "
    "`strings.Clone` or `slices.Clone` of it.";

// Where most of the goroutines that wait at `site` were started; empty where that is not known, or is the same line.
std::string StartedAt(const RuleContext& context, const Site& site) {
  std::map<std::pair<std::string, std::pair<std::string, int>>, int> starts;
  for (const golang::Goroutine& goroutine : context.window.growth.back().goroutines) {
    const auto own = std::ranges::find_if(goroutine.frames, [&](const golang::StackFrame& frame) {
      return golang::Classify(frame.function, context.window.modules) == golang::Origin::kUser;
    });
    if (own == goroutine.frames.end() || own->function != site.function || own->line != site.line) continue;
    const golang::StackFrame& creation = goroutine.creation;
    if (creation.line > 0) ++starts[{creation.function, {creation.file, creation.line}}];
  }
  if (starts.empty()) return {};
  const auto& most = std::ranges::max_element(starts, {}, [](const auto& entry) { return entry.second; })->first;
  if (most.second.first == site.file && most.second.second == site.line) return {};
  return Place(context.SubjectOf({most.first, most.second.first, most.second.second}));
}

// What goroutines wait for, and what ends it.
std::pair<std::string, std::string_view> WaitOf(const Owned& owned) {
  const std::string& calls = owned.owner == kNobodyOfUser ? owned.site.function : owned.waits;
  for (const Wait& wait : kWaits) {
    if (calls.starts_with(wait.prefix)) return {std::string(wait.what), wait.remedy};
  }
  return {"wait in " + evidence::Quote(golang::ShortName(calls)), kOtherWait};
}

FindingDraft LeakDraft(const RuleContext& context, const Series& series, const Owned& owned) {
  const Pair& pair = series.last();
  FindingDraft draft;
  draft.rule = "leak.goroutine";
  draft.severity = evidence::Severity::kHigh;
  draft.support.push_back(
      context.Growth("leak.goroutines_per_1000_requests", "count", *pair.before, *pair.after, owned.owner));
  const auto [waits, remedy] = WaitOf(owned);
  draft.remedy = remedy;
  draft.title = "A thousand requests leave {m0} goroutines behind, which " + waits;
  if (owned.owner == kNobodyOfUser) {
    draft.subject = {"endpoint", context.window.endpoint, context.window.endpoint, "", 0};
  } else {
    draft.subject = context.SubjectOf(owned.site);
    draft.title += " at " + Place(draft.subject);
    const std::string started = StartedAt(context, owned.site);
    if (!started.empty()) draft.title += ", started at " + started;
  }
  const auto& before = context.window.growth.back().stacks_before;
  const auto& after = context.window.growth.back().stacks_after;
  if (before && after && after->bytes > before->bytes) {
    draft.bytes = draft.support.size();
    draft.title += fmt::format("; {{m{}}} of stacks a request", draft.support.size());
    draft.support.push_back({.metric = "leak.stack_bytes_per_request",
                             .scope = {.endpoint = context.window.endpoint},
                             .unit = "bytes",
                             .method = "leak.stack_bytes_per_request@1",
                             .captures = {before->capture.id, after->capture.id}});
  }
  return draft;
}

FindingDraft RetainedDraft(const RuleContext& context, const Series& series, const Owned& owned) {
  const Pair& pair = series.last();
  FindingDraft draft;
  draft.rule = "mem.retained";
  draft.support.push_back(context.Growth("mem.retained_per_request", "bytes", *pair.before, *pair.after, owned.owner));
  draft.bytes = 0;
  draft.remedy = kRetainedRemedy;
  if (owned.owner == kNobodyOfUser) {
    draft.subject = {"endpoint", context.window.endpoint, context.window.endpoint, "", 0};
    draft.title = fmt::format("Each request leaves {{m0:ci}} in memory that libraries allocate, most of it {}",
                              evidence::Quote(golang::ShortName(owned.site.function)));
  } else {
    draft.subject = context.SubjectOf(owned.site);
    draft.title = fmt::format("Each request leaves {{m0:ci}} in memory that {} allocates", Place(draft.subject));
  }
  return draft;
}

std::string SubjectName(Remains what, const Owned& owned) {
  return fmt::format("{} ({})", what == Remains::kMemory ? "retained memory" : "goroutines",
                     golang::ShortName(owned.owner == kNobodyOfUser ? owned.site.function : owned.owner));
}

// Whether anything was found.
bool JudgeRemains(RuleContext& context, Remains what) {
  const Series series(what, context.window);
  bool found = false;
  for (const Owned& suspect : Suspects(context.window, what)) {
    const auto& shared = context.window.shared_owners;
    if (std::ranges::find(shared, suspect.owner) != shared.end()) continue;
    if (series.size() < 2 || context.window.growth.empty()) {
      // What is less than that may be anything that a window begins with.
      if (suspect.growth.samples >= (what == Remains::kMemory ? kLeastRetained : kLeastLeaked)) {
        context.NotJudged(SubjectName(what, suspect), "it was seen in one window only, and no other one was driven",
                          "`hone check --endpoint` with this endpoint alone");
      }
      continue;
    }
    const Judged judged = JudgeOwner(what, series, context.window, suspect.owner);
    if (judged.verdict == Verdict::kUndecided)
      context.NotJudged(SubjectName(what, suspect), judged.reason, judged.what_would_do);
    if (judged.verdict != Verdict::kRemains) continue;
    const std::vector<Owned> owners = series.Owners();
    const auto now = std::ranges::find(owners, suspect.owner, &Owned::owner);
    const Owned& owned = now != owners.end() ? *now : suspect;
    context.out.findings.push_back(what == Remains::kMemory ? RetainedDraft(context, series, owned)
                                                            : LeakDraft(context, series, owned));
    found = true;
  }
  return found;
}

}  // namespace

std::vector<Owned> Suspects(const EndpointWindow& window, Remains what) {
  const bool heap = what == Remains::kMemory;
  const auto& before = heap ? window.allocs_before : window.goroutines_before;
  const auto& after = heap ? window.allocs_after : window.goroutines_after;
  const Kind kind = heap ? Kind::kHeap : Kind::kGoroutine;
  if (!before || !after || before->profile.kind() != kind || after->profile.kind() != kind) return {};
  const double requests = FactsOf(after->capture).requests;
  if (requests <= 0 || window.endpoint.empty()) return {};
  std::vector<Owned> owners = GrownOwners(what, Stacked(before->profile, window.modules, window.handler),
                                          Stacked(after->profile, window.modules, window.handler));
  std::erase_if(owners, [&](const Owned& owned) {
    const double per_request = owned.growth.value / requests;
    return heap ? owned.growth.samples < kSuspectedRetained || per_request < kRetainedBytes
                : owned.growth.samples < kLeastLeaked || per_request < kLeakedPerRequest;
  });
  return owners;
}

void JudgeLeaks(RuleContext& context) {
  const size_t before = context.out.findings.size();
  const bool leaks = context.Wanted("leak.goroutine") && JudgeRemains(context, Remains::kGoroutines);
  if (!context.Wanted("mem.retained")) return;
  if (!leaks) {
    JudgeRemains(context, Remains::kMemory);
    return;
  }
  // What goroutines that never end hold on to is theirs: one cause, one finding.
  const Series heap(Remains::kMemory, context.window);
  if (heap.size() == 0 || heap.Of(heap.size() - 1, kEverybody).samples < kLeastRetained) return;
  FindingDraft& leak = context.out.findings[before];
  leak.title += fmt::format("; they hold {{m{}}} more", leak.support.size());
  leak.bytes = leak.support.size();
  leak.support.push_back(
      context.Growth("mem.retained_per_request", "bytes", *heap.last().before, *heap.last().after, kEverybody));
}

}  // namespace hone::profile
