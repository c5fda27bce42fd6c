#include "ops/held_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <future>
#include <memory>
#include <set>

#include "base/ascii.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "ops/size_trials.h"
#include "sql/fingerprint.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kAskedFor =
    5'000 * base::kMillisecond;  // no reply was held until then: the statement does not come
constexpr base::Nanos kLeastHold = 20 * base::kMillisecond;  // below it a dump does not come in time

// "100" (milliseconds), "'250ms'", "'5s'", "'2min'"; empty for 0, which is none, and for anything else.
std::optional<base::Nanos> ReadTimeout(std::string_view text) {
  const size_t at = text.find_first_of("0123456789");
  if (at == std::string_view::npos || text.substr(0, at).find_first_not_of(" =',\tto") != std::string_view::npos)
    return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (error != std::errc() || number <= 0) return std::nullopt;
  if (unit.starts_with("us")) return number * 1000;
  if (unit.starts_with("min")) return number * 60'000 * base::kMillisecond;
  if (unit.starts_with("s")) return number * 1000 * base::kMillisecond;
  return number * base::kMillisecond;
}

}  // namespace

std::optional<base::Nanos> ShortestTimeout(const sql::Recording& recording) {
  constexpr std::string_view kName = "statement_timeout";
  std::optional<base::Nanos> shortest;
  for (const std::string& raw : recording.texts) {
    const std::string text = base::LowerCase(raw);
    for (size_t at = text.find(kName); at != std::string::npos; at = text.find(kName, at + 1)) {
      const auto timeout = ReadTimeout(std::string_view(text).substr(at + kName.size()));
      if (timeout && (!shortest || *timeout < *shortest)) shortest = timeout;
    }
  }
  return shortest;
}

bool HeldReplies::usable() const { return !stopped_ && rig_->proxy() != nullptr && rig_->pprof_url().has_value(); }

void HeldReplies::StopHolding(const std::string& why) {
  if (!stopped_) caveats_.push_back("the lines of some statements are guesses by their text: " + why);
  stopped_ = true;
}

void HeldReplies::Heed(const sql::Recording& recording) {
  const auto shortest = ShortestTimeout(recording);
  if (!shortest) return;
  at_most_ = std::min(at_most_, *shortest / 2);
  if (at_most_ < kLeastHold) {
    StopHolding(fmt::format("the service sets a statement_timeout of {} ms, too short to hold a reply below it",
                            *shortest / base::kMillisecond));
  }
}

std::optional<std::vector<golang::Goroutine>> HeldReplies::Dump() const {
  const auto answer = net::Fetch(*rig_->pprof_url() + "/goroutine?debug=2", task_->clock().Now() + at_most_);
  constexpr int kOk = 200;
  if (!answer || answer->status != kOk) return std::nullopt;
  return golang::ParseGoroutines(answer->body);
}

// False where the answer came without the statement.
bool HeldReplies::WaitHeld(std::future<base::Result<Asked>>& asked) const {
  constexpr base::Nanos kStep = 20 * base::kMillisecond;
  const base::Nanos deadline = task_->clock().Now() + kAskedFor;
  while (task_->clock().Now() < deadline && !task_->cancelled()) {
    if (rig_->proxy()->WaitHeld(base::SystemClock().Now() + kStep)) return true;
    if (asked.wait_for(std::chrono::seconds(0)) == std::future_status::ready) return false;
  }
  return false;
}

// Who waits. Where several do, who still does a little later: other statements of the request are not held. `held` is
// the dump that tells.
std::optional<golang::Caller> HeldReplies::Read(std::span<const golang::Goroutine> before,
                                                std::vector<golang::Goroutine>& held) const {
  if (auto caller = golang::FindCaller(before, held, *modules_)) return caller;
  std::set<int64_t> waiting;
  for (const golang::Caller& each : golang::FindCallers(before, held, *modules_)) waiting.insert(each.goroutine);
  auto later = Dump();
  if (!later) return std::nullopt;
  held = *std::move(later);
  std::vector<golang::Caller> callers = golang::FindCallers(before, held, *modules_);
  if (!waiting.empty())
    std::erase_if(callers, [&](const golang::Caller& each) { return !waiting.contains(each.goroutine); });
  return golang::Agreed(std::move(callers));
}

base::Result<std::optional<QueryCaller>> HeldReplies::Find(const project::Scenario& scenario,
                                                           const project::Assignment& assignment,
                                                           const sql::Query& query, const evidence::Scope& scope,
                                                           bool refusals) {
  const auto before = Dump();
  if (!before) return std::optional<QueryCaller>();
  // On the proxy's thread, and nowhere else, until the reply is released.
  auto known = std::make_shared<sql::Fingerprinter>();
  rig_->proxy()->HoldNext(
      [known, id = query.id](std::string_view text) { return known->Of(std::string(text)).query.id == id; }, at_most_);
  evidence::Capture capture{.kind = "pprof.goroutines", .scope = scope, .phase = evidence::Phase::kQuiet};
  capture.scope.query = query.text;
  capture.start_ns = task_->clock().Now();
  auto asked = std::async(std::launch::async, [&] { return user_->Ask(scenario, assignment); });
  std::optional<std::vector<golang::Goroutine>> held;
  std::optional<golang::Caller> caller;
  if (WaitHeld(asked)) {
    held = Dump();
    if (held) caller = Read(*before, *held);
  }
  const bool in_time = rig_->proxy()->ReleaseHeld();
  capture.end_ns = task_->clock().Now();
  HONE_TRY(const Asked answer, asked.get());
  const bool refused = refusals && answer.answer && IsOfState(answer.answer->status);
  if (answer.wrong && held && !refused) {
    StopHolding(fmt::format("{} answered otherwise while a reply to it was held", scope.endpoint));
    return std::optional<QueryCaller>();
  }
  if (!held || !caller || !in_time) return std::optional<QueryCaller>();
  capture.through_proxy = true;
  capture.parameters["query"] = query.id;
  HONE_CHECK_OK(measurer_->Keep(std::move(capture), golang::FormatGoroutines(*held)));
  return QueryCaller{.query = query.text, .caller = *std::move(caller)};
}

}  // namespace hone::ops
