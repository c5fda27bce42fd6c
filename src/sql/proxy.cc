#include "sql/proxy.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <system_error>
#include <utility>

#include "sql/address.h"
#include "sql/proxy_worker.h"

namespace hone::sql {
namespace {

// Each connection takes two descriptors; the usual soft limit of 1,024 is below what the proxy promises.
void RaiseDescriptorLimit(size_t connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, 2 * connections + 256);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Proxy::State : ProxyShared {
  // Under the mutex.
  Recording Take() {
    counters.dropped_events += recorder.dropped();
    Recording recording = recorder.Take(base::SystemClock().Now());
    recording.lost["unparsed_bytes"] =
        counters.unparsed_bytes - std::exchange(unparsed_before, counters.unparsed_bytes);
    return recording;
  }
};

base::Result<std::unique_ptr<Proxy>> Proxy::Start(const ProxyOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  state->tls = {options.tls, options.upstream_tls};
  HONE_TRY(state->upstream, Resolve(options.upstream_host, options.upstream_port, false));
  HONE_TRY(const Address local, Resolve(options.listen_host, options.listen_port, true));
  RaiseDescriptorLimit(options.max_connections);
  state->listener.Reset(::socket(local.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(state->listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  SendAtOnce(state->listener.get(), local);
  const std::string wanted = fmt::format("{}:{}", options.listen_host, options.listen_port);
  if (::bind(state->listener.get(), reinterpret_cast<const sockaddr*>(&local.storage), local.size) != 0 ||
      ::listen(state->listener.get(), SOMAXCONN) != 0) {
    return base::Fail(base::Code::kEnvironment, fmt::format("Cannot listen: {}", std::system_category().message(errno)),
                      wanted, "Free the address, or let the kernel choose a port with :0.");
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(state->listener.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  // The port stands at the same place in sockaddr_in and sockaddr_in6.
  state->port = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  for (size_t i = 0; i < std::max<size_t>(options.threads, 1); ++i) {
    state->workers.push_back(std::make_unique<ProxyWorker>(*state));
    if (!state->workers.back()->Open()) return base::FailErrno(errno, "Cannot set up the proxy's event loop");
  }
  state->workers.front()->Listen();
  for (const auto& worker : state->workers) worker->Start();
  return std::unique_ptr<Proxy>(new Proxy(std::move(state)));
}

Proxy::Proxy(std::unique_ptr<State> state) : state_(std::move(state)) {}

Proxy::~Proxy() {
  state_->stop.store(true);
  state_->WakeAll();
  for (const auto& worker : state_->workers) worker->Join();
}

uint16_t Proxy::port() const { return state_->port; }

std::string Proxy::address() const {
  const std::string& host = state_->options.listen_host;
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, state_->port)
                                             : fmt::format("[{}]:{}", host, state_->port);
}

ProxyCounters Proxy::counters() const {
  const std::lock_guard lock(state_->mutex);
  ProxyCounters counters = state_->counters;
  counters.dropped_events += state_->recorder.dropped();
  return counters;
}

std::vector<uint16_t> Proxy::UpstreamPorts() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->upstream_ports.begin(), state_->upstream_ports.end()};
}

void Proxy::StartRecording() {
  const std::lock_guard lock(state_->mutex);
  state_->details.store(true);
  state_->counters.dropped_events += state_->recorder.dropped();
  state_->unparsed_before = state_->counters.unparsed_bytes;
  // Taken after the flag is set: what the thread reads without details began before the recording.
  state_->recorder.Start(base::SystemClock().Now(), state_->options.max_statements);
}

Recording Proxy::Drain() {
  const std::lock_guard lock(state_->mutex);
  return state_->Take();
}

Recording Proxy::StopRecording() {
  const std::lock_guard lock(state_->mutex);
  state_->details.store(false);
  return state_->Take();
}

void Proxy::HoldNext(ReplyHold::Matches matches, base::Nanos at_most) {
  state_->hold.Arm(std::move(matches), at_most);
  state_->WakeAll();
}

bool Proxy::WaitHeld(base::Nanos deadline) const { return state_->hold.WaitTaken(deadline); }

bool Proxy::ReleaseHeld() {
  const bool held = state_->hold.Release();
  state_->WakeAll();
  return held;
}

void Proxy::SetDelay(base::Nanos delay, ReplyDelay::Matches matches) { state_->delay.Set(delay, std::move(matches)); }

ReplyDelay::Totals Proxy::delayed() const { return state_->delay.totals(); }

void Proxy::HoldEach(Held held, base::Nanos at_most) {
  const std::lock_guard lock(state_->mutex);
  state_->on_held = std::make_shared<const Held>(std::move(held));
  state_->hold_each_for = at_most;
  state_->let_go.clear();
  state_->hold_each.store(true);
}

void Proxy::LetGo(uint32_t connection) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->let_go.insert(connection);
  }
  state_->WakeAll();
}

void Proxy::StopHoldEach() {
  state_->hold_each.store(false);
  {
    const std::lock_guard lock(state_->mutex);
    state_->on_held.reset();
  }
  state_->WakeAll();
}

void Proxy::SetGate(std::optional<size_t> most) {
  std::unique_lock lock(state_->mutex);
  // What has begun, or a worker has in hand, did so without a look at the gate: each worker notes its own. Until all
  // have, nobody else is let in.
  state_->gate.SetLimit(most ? std::optional<size_t>(0) : std::nullopt);
  const int64_t change = ++state_->gate_changes;
  state_->WakeAll();
  const auto seen = [change](const auto& worker) { return worker->gate_seen() >= change; };
  state_->gate_in_force.wait(lock, [&] { return std::ranges::all_of(state_->workers, seen); });
  state_->gate.SetLimit(most);
  state_->AdmitWaiting();
}

GateStatus Proxy::gate() const {
  const std::lock_guard lock(state_->mutex);
  return {.holding = static_cast<int64_t>(state_->gate.holding()),
          .stalled = state_->stalled,
          .waiting = static_cast<int64_t>(state_->gate.waiting()),
          .last_activity = state_->last_activity};
}

void Proxy::StartHolds() {
  const std::lock_guard lock(state_->mutex);
  state_->holds.Start(base::SystemClock().Now(), {state_->started.begin(), state_->started.end()},
                      state_->options.max_statements);
}

HoldLog Proxy::StopHolds() {
  const std::lock_guard lock(state_->mutex);
  return state_->holds.Stop(base::SystemClock().Now());
}

base::Result<void> Proxy::WaitQuiet(base::Nanos quiet_for, base::Nanos deadline) const {
  std::unique_lock lock(state_->mutex);
  const base::Nanos asked = base::SystemClock().Now();
  ++state_->waiters;
  for (;;) {
    const base::Nanos now = base::SystemClock().Now();
    const base::Nanos quiet_at = std::max(state_->last_activity, asked) + quiet_for;
    const bool quiet = state_->busy == 0 && now >= quiet_at;
    if (quiet || now >= deadline) {
      --state_->waiters;
      if (quiet) return {};
      return base::Fail(base::Code::kTimeout,
                        fmt::format("The database did not become quiet: {} connections are busy", state_->busy));
    }
    const base::Nanos until = state_->busy == 0 ? std::min(quiet_at, deadline) : deadline;
    // By the wall clock, because the thread sanitizer knows no wait by the monotonic one; the loop checks the monotonic
    // time.
    state_->quiet.wait_until(lock, std::chrono::system_clock::now() +
                                       std::chrono::nanoseconds(std::min<base::Nanos>(until - now, 1'000'000'000)));
  }
}

}  // namespace hone::sql
