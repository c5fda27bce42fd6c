#include "load/engine.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "load/connection.h"
#include "load/schedule.h"
#include "load/statistic.h"
#include "net/http_client.h"

namespace hone::load {
namespace {

using base::Nanos;

// How long a cancellation may go unnoticed.
constexpr Nanos kAttention = 100'000'000;
// Arrivals sent before responses are looked at again, when many are due at once.
constexpr int kBatch = 64;

// One thread's run: its connections, the arrivals that wait for one, and its records.
class Shard {
 public:
  Shard(const LoadPlan& plan, uint32_t shard, uint32_t shards, Transport& transport, Nanos start,
        const base::Task& task)
      : plan_(plan),
        transport_(transport),
        task_(task),
        shard_(shard),
        start_(start),
        window_end_(start + plan.warmup + plan.duration),
        schedule_(plan, shard, shards),
        statistic_(plan.endpoints.size()) {
    // The slots are dealt out like the arrivals.
    const auto slots = std::max<uint32_t>(1, (static_cast<uint32_t>(plan.connections) + shards - 1 - shard) / shards);
    requests_.resize(slots);
    for (uint32_t slot = 0; slot < slots; ++slot) connections_.emplace_back(transport, slot);
    for (uint32_t slot = slots; slot-- > 0;) idle_.push_back(slot);
  }

  LoadResult Run();

 private:
  void SendDue(Nanos now);
  void Assign(uint32_t slot, const Arrival& arrival, Nanos ready);
  void End(uint32_t slot, Ending ending);
  void ServeQueue(Nanos now);
  void ExpireOverdue(Nanos now);
  void WaitAndRead(Nanos now);
  void Censor(Nanos now);
  void ReportProgress(Nanos now);
  bool Finished(Nanos now);
  bool InWarmup(const Arrival& arrival) const { return arrival.offset < plan_.warmup; }

  const LoadPlan& plan_;
  Transport& transport_;
  const base::Task& task_;
  uint32_t shard_;
  Nanos start_;
  Nanos window_end_;
  Schedule schedule_;
  Statistic statistic_;
  std::vector<Connection> connections_ = {};
  std::vector<Arrival> requests_ = {};  // what each busy connection works for
  std::vector<uint32_t> idle_ = {};     // slots, the last used last: few stay open where few are needed
  std::deque<Arrival> queue_ = {};
  std::optional<Arrival> next_ = {};
  std::vector<char> buffer_ = std::vector<char>(65536);
  Nanos next_expiry_ = 0;
  Nanos next_report_ = 0;
  Nanos spun_ = 0;
  LoadResult result_ = {};
};

LoadResult Shard::Run() {
  const Nanos cpu = transport_.CpuTime();
  const Nanos begin = transport_.Now();
  next_expiry_ = begin + plan_.timeout;
  next_ = schedule_.Next();
  Nanos now = begin;
  for (; !Finished(now); now = transport_.Now()) {
    SendDue(now);
    ExpireOverdue(transport_.Now());
    WaitAndRead(transport_.Now());
    ReportProgress(now);
  }
  Censor(now);
  result_.cpu = transport_.CpuTime() - cpu - spun_;
  result_.wall = transport_.Now() - begin;
  for (const Connection& connection : connections_) result_.opened += connection.opened();
  result_.start = start_ + plan_.warmup;
  result_.end = result_.interrupted ? std::max(result_.start, std::min(now, window_end_)) : window_end_;
  result_.counts = statistic_.counts();
  result_.slices = statistic_.TakeSlices();
  return std::move(result_);
}

// Everything ended, the time to drain is over, or the run was cancelled.
bool Shard::Finished(Nanos now) {
  const bool nothing_left = !next_ && queue_.empty() && idle_.size() == connections_.size();
  if (nothing_left || now >= window_end_ + plan_.drain) return true;
  result_.interrupted = task_.cancelled() || now >= task_.deadline();
  return result_.interrupted;
}

void Shard::SendDue(Nanos now) {
  for (int sent = 0; next_ && start_ + next_->offset <= now && sent < kBatch; ++sent, now = transport_.Now()) {
    const Arrival arrival = *next_;
    next_ = schedule_.Next();
    if (!idle_.empty()) {
      const uint32_t slot = idle_.back();
      idle_.pop_back();
      Assign(slot, arrival, start_ + arrival.offset);
      continue;
    }
    queue_.push_back(arrival);
    if (InWarmup(arrival)) continue;
    ++result_.queued;
    result_.queue_peak = std::max(result_.queue_peak, std::ssize(queue_));
  }
}

void Shard::Assign(uint32_t slot, const Arrival& arrival, Nanos ready) {
  const LoadEndpoint& endpoint = plan_.endpoints[arrival.endpoint];
  requests_[slot] = arrival;
  const auto ending = connections_[slot].Start(endpoint.variants[arrival.variant], endpoint.head,
                                               start_ + arrival.offset, ready, std::max(ready, transport_.Now()));
  if (ending) End(slot, *ending);
}

void Shard::End(uint32_t slot, Ending ending) {
  const Arrival& arrival = requests_[slot];
  const std::vector<int>& expected = plan_.endpoints[arrival.endpoint].statuses;
  const bool unexpected = std::find(expected.begin(), expected.end(), ending.status) == expected.end();
  if (ending.outcome == Outcome::kOk && unexpected) ending.outcome = Outcome::kStatus;
  statistic_.Record(arrival.endpoint, InWarmup(arrival), connections_[slot].stamps(), ending);
  idle_.push_back(slot);
}

void Shard::ServeQueue(Nanos now) {
  while (!queue_.empty() && !idle_.empty()) {
    const Arrival arrival = queue_.front();
    queue_.pop_front();
    const uint32_t slot = idle_.back();
    idle_.pop_back();
    Assign(slot, arrival, std::max(now, start_ + arrival.offset));
  }
}

// Requests that begin later expire later: until the earliest of now there is nothing to look at.
void Shard::ExpireOverdue(Nanos now) {
  if (now < next_expiry_) return;
  next_expiry_ = now + plan_.timeout;
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& connection = connections_[slot];
    if (!connection.busy()) continue;
    const Nanos expiry = connection.stamps().dequeued + plan_.timeout;
    if (expiry <= now) {
      End(slot, connection.Abandon(Outcome::kTimeout, now));
    } else {
      next_expiry_ = std::min(next_expiry_, expiry);
    }
  }
  ServeQueue(now);
}

void Shard::WaitAndRead(Nanos now) {
  const Nanos last = window_end_ + plan_.drain;
  const Nanos next = next_ ? start_ + next_->offset : last;
  const bool spinning = plan_.spin > 0 && next - now <= plan_.spin;
  const Nanos wake = std::min({next - plan_.spin, next_expiry_, last, now + kAttention});
  const auto ready = transport_.Wait(wake);
  if (spinning && ready.empty()) spun_ += transport_.Now() - now;
  for (const Transport::Ready& event : ready) {
    const Nanos then = transport_.Now();
    if (const auto ending = connections_[event.slot].OnReady(event, then, buffer_)) End(event.slot, *ending);
    ServeQueue(then);
  }
}

// What has not ended is told apart, never dropped: under way, waiting for a connection, or due and not looked at.
void Shard::Censor(Nanos now) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    if (connections_[slot].busy()) End(slot, connections_[slot].Abandon(Outcome::kCensored, now));
  }
  for (; next_ && start_ + next_->offset <= now; next_ = schedule_.Next()) queue_.push_back(*next_);
  for (const Arrival& arrival : queue_) {
    const Stamps stamps{.intended = start_ + arrival.offset, .done = now};
    statistic_.Record(arrival.endpoint, InWarmup(arrival), stamps, {Outcome::kCensored, 0});
  }
}

void Shard::ReportProgress(Nanos now) {
  if (shard_ != 0 || now < next_report_) return;
  next_report_ = now + base::kSecond;
  task_.Report({});
}

base::Result<void> Check(const LoadPlan& plan) {
  const auto fail = [](std::string what) { return base::Fail(base::Code::kUsage, std::move(what)); };
  if (plan.endpoints.empty()) return fail("A load needs at least one endpoint");
  double weight = 0;
  for (const LoadEndpoint& endpoint : plan.endpoints) {
    if (endpoint.variants.empty())
      return base::Fail(base::Code::kUsage, "An endpoint has no request to send", endpoint.name);
    if (!(endpoint.weight >= 0))
      return base::Fail(base::Code::kUsage, "An endpoint's weight must not be negative", endpoint.name);
    weight += endpoint.weight;
  }
  if (!(weight > 0)) return fail("At least one endpoint must have a weight above 0");
  if (!(plan.rate > 0) || plan.rate > 1e7)
    return fail("The rate must be above 0 (and at most ten million) requests a second");
  if (plan.duration <= 0 || plan.warmup < 0 || plan.drain < 0) return fail("The load's duration must be above 0");
  if (plan.timeout <= 0) return fail("The timeout of a request must be above 0");
  if (plan.connections < 1 || plan.connections > 65535)
    return fail("The number of connections must be from 1 to 65535");
  if (plan.threads < 1 || plan.threads > plan.connections)
    return fail("Threads must be at least 1 and at most as many as connections");
  return {};
}

// The first of the host's addresses that accepts a connection; the first at all where none does, for the run to report.
base::Result<net::SocketAddress> ChooseAddress(const net::Address& address) {
  HONE_TRY(const std::vector<net::SocketAddress> found, net::Resolve(address));
  for (const net::SocketAddress& candidate : found) {
    if (found.size() == 1) break;
    const auto url = net::ParseUrl("http://" + net::ToString(candidate));
    if (url && net::HttpConnection::Open(url->address, base::SystemClock().Now() + base::kSecond)) return candidate;
  }
  return found.front();
}

// The kernel may delay a thread's timers by its slack (50 us by default) to save wake-ups: here they are the product.
class PreciseTimers {
 public:
  PreciseTimers() : before_(prctl(PR_GET_TIMERSLACK)) { prctl(PR_SET_TIMERSLACK, 1UL); }
  ~PreciseTimers() { prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(std::max(before_, 1))); }
  PreciseTimers(const PreciseTimers&) = delete;
  PreciseTimers& operator=(const PreciseTimers&) = delete;

 private:
  int before_;
};

LoadResult Join(const LoadPlan& plan, std::vector<LoadResult> shards) {
  LoadResult result = std::move(shards.front());
  std::vector<std::vector<Slice>> slices = {std::exchange(result.slices, {})};
  for (size_t i = 1; i < shards.size(); ++i) {
    LoadResult& shard = shards[i];
    result.interrupted |= shard.interrupted;
    result.end = std::min(result.end, shard.end);
    result.queued += shard.queued;
    result.queue_peak += shard.queue_peak;
    result.opened += shard.opened;
    result.cpu += shard.cpu;
    result.wall += shard.wall;
    for (size_t e = 0; e < result.counts.size(); ++e) {
      result.counts[e].arrivals += shard.counts[e].arrivals;
      for (size_t o = 0; o < kOutcomes; ++o) result.counts[e].ended[o] += shard.counts[e].ended[o];
      for (const auto& [status, count] : shard.counts[e].statuses) result.counts[e].statuses[status] += count;
    }
    slices.push_back(std::move(shard.slices));
  }
  result.slices = MergeSlices(std::move(slices));
  result.threads = plan.threads;
  return result;
}

}  // namespace

LoadResult RunShard(const LoadPlan& plan, uint32_t shard, uint32_t shards, Transport& transport, Nanos start,
                    const base::Task& task) {
  LoadResult result = Shard(plan, shard, shards, transport, start, task).Run();
  for (const LoadEndpoint& endpoint : plan.endpoints) result.endpoints.push_back(endpoint.name);
  result.rate = plan.rate;
  result.arrivals = plan.arrivals;
  result.connections = plan.connections;
  result.threads = 1;
  result.seed = plan.seed;
  return result;
}

base::Result<LoadResult> Run(const LoadPlan& plan, base::Task& task) {
  HONE_CHECK_OK(Check(plan));
  HONE_TRY(const net::SocketAddress address, ChooseAddress(plan.address));
  const auto shards = static_cast<uint32_t>(plan.threads);
  std::vector<std::unique_ptr<Transport>> transports;
  for (uint32_t shard = 0; shard < shards; ++shard) {
    HONE_TRY(auto transport, SystemTransport(address, static_cast<uint32_t>(plan.connections)));
    transports.push_back(std::move(transport));
  }
  // A moment for the threads to get ready.
  const Nanos start = base::SystemClock().Now() + 5'000'000;
  std::vector<LoadResult> results(shards);
  const auto run = [&](uint32_t shard) {
    const PreciseTimers precise;
    results[shard] = RunShard(plan, shard, shards, *transports[shard], start, task);
  };
  std::vector<std::thread> threads;
  for (uint32_t shard = 1; shard < shards; ++shard) threads.emplace_back(run, shard);
  run(0);
  for (std::thread& thread : threads) thread.join();
  return Join(plan, std::move(results));
}

}  // namespace hone::load
