#include "sql/proxy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "sql/address.h"
#include "sql/gate.h"
#include "sql/recorder.h"
#include "sql/relay.h"

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

struct Proxy::State {
  // Set before the thread starts.
  ProxyOptions options;
  Address upstream;
  RelayTls tls;
  base::FileDescriptor listener;
  base::FileDescriptor epoll;
  base::FileDescriptor wake;
  uint16_t port = 0;
  std::thread thread;
  std::atomic<bool> stop = false;
  std::atomic<bool> details = false;  // a recording runs

  // The thread's own.
  TextPool texts;
  std::unordered_map<Relay*, std::unique_ptr<Relay>> relays;
  std::vector<std::unique_ptr<Relay>> closed;  // of this round of events, which may still name them
  uint32_t next_id = 1;
  bool accepting = true;
  Relayed relayed;
  Relay* replying = nullptr;  // the one whose reply waits
  Gate gate;
  DelayLine delays;
  std::unordered_map<uint32_t, Relay*> sessions;  // by id
  std::map<uint32_t, base::Nanos> held_each;      // ids of those whose reply is held by HoldEach, and until when

  // Shared.
  ReplyHold hold;
  ReplyDelay delay;
  std::atomic<bool> hold_each = false;
  mutable std::mutex mutex;
  std::shared_ptr<const Held> on_held;
  base::Nanos hold_each_for = 0;
  std::set<uint32_t> let_go;  // ids
  mutable std::condition_variable quiet;
  mutable int waiters = 0;
  ProxyCounters counters;
  Recorder recorder;
  std::set<uint16_t> upstream_ports;
  int64_t busy = 0;  // connections with something unanswered
  base::Nanos last_activity = 0;
  int64_t unparsed_before = 0;  // when the recording started
  HoldRecorder holds;
  std::set<uint32_t> started;  // sessions past their start-up
  GateStatus gate_status;
  std::optional<size_t> wanted_gate;
  int64_t gate_changes = 0;  // asked for
  int64_t gate_applied = 0;  // of them
  std::condition_variable gate_in_force;

  void Run();
  void Accept();
  void WatchListener(bool on);
  void OnEvents(Side& side, uint32_t events);
  struct Before {
    bool started = false;
    bool held = false;
    bool stalled = false;
  };
  void NoteHold(Relay& relay, const Before& before, bool ended);
  void ApplyGate();
  void AdmitWaiting();
  void Retire(Relay& relay);
  Recording Take();
  int WaitMs() const;
  void ResumeHeld();
  void ResumeEach();
  void NoteHeldReply(Relay& relay);
};

void Proxy::State::Run() {
  std::array<epoll_event, 256> events;
  while (!stop.load()) {
    const int count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), WaitMs());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr == this) {
        Accept();
      } else if (event.data.ptr == &delays) {
        for (Relay* relay : delays.TakeDue(base::SystemClock().Now())) relay->EndDelay();
      } else if (event.data.ptr != nullptr) {
        OnEvents(*static_cast<Side*>(event.data.ptr), event.events);
      } else {
        ApplyGate();
      }
    }
    ResumeHeld();
    closed.clear();
  }
  relays.clear();
}

// Until what is held must go on; without end where nothing is.
int Proxy::State::WaitMs() const {
  if (replying == nullptr && held_each.empty()) return -1;
  base::Nanos until = replying == nullptr ? std::numeric_limits<base::Nanos>::max() : hold.until().value_or(0);
  for (const auto& [id, each] : held_each) until = std::min(until, each);
  const base::Nanos left = until - base::SystemClock().Now();
  return static_cast<int>(std::max<base::Nanos>((left + base::kMillisecond - 1) / base::kMillisecond, 0));
}

void Proxy::State::ResumeEach() {
  if (held_each.empty()) return;
  const base::Nanos now = base::SystemClock().Now();
  std::set<uint32_t> released;
  {
    const std::lock_guard lock(mutex);
    released = std::exchange(let_go, {});
  }
  std::erase_if(held_each, [&](const auto& each) {
    const auto session = sessions.find(each.first);
    if (session == sessions.end()) return true;
    if (now < each.second && !released.contains(each.first) && hold_each.load()) return false;
    session->second->Resume();
    return true;
  });
}

// What a relay's parser has just said is to be held.
void Proxy::State::NoteHeldReply(Relay& relay) {
  const std::vector<std::string> held_texts = relay.TakeHeldTexts();
  if (held_texts.empty() && held_each.contains(relay.id())) return;
  if (held_texts.empty()) {
    // Another one that still waits had its time, or it would not have been asked for again.
    if (replying != nullptr && replying != &relay) replying->Resume();
    replying = &relay;
    return;
  }
  std::shared_ptr<const Held> tell;
  {
    const std::lock_guard lock(mutex);
    tell = on_held;
    held_each[relay.id()] = base::SystemClock().Now() + hold_each_for;
    let_go.erase(relay.id());
  }
  if (tell) (*tell)(relay.id(), held_texts);
}

void Proxy::State::ResumeHeld() {
  ResumeEach();
  if (replying == nullptr) return;
  const base::Nanos now = base::SystemClock().Now();
  if (replying->state() != Relay::State::kClosed) {
    if (now < hold.until().value_or(0)) return;
    replying->Resume();
  }
  replying = nullptr;
  hold.Passed();
}

void Proxy::State::WatchListener(bool on) {
  epoll_event event{};
  event.events = on ? uint32_t{EPOLLIN} : 0;
  event.data.ptr = this;
  ::epoll_ctl(epoll.get(), EPOLL_CTL_MOD, listener.get(), &event);
  accepting = on;
}

void Proxy::State::Accept() {
  base::FileDescriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!client) {
    // Out of descriptors: wait until a connection ends rather than spin.
    if (errno == EMFILE || errno == ENFILE) WatchListener(false);
    return;
  }
  const std::lock_guard lock(mutex);
  if (relays.size() >= options.max_connections) {
    ++counters.refused_connections;
    return;
  }
  auto relay = std::make_unique<Relay>(next_id++, std::move(client), upstream, epoll.get(), texts, hold);
  ++counters.open_connections;
  last_activity = base::SystemClock().Now();
  relay->set_gate(&gate);
  if (tls.clients || tls.upstream) relay->set_tls(&tls);
  relay->set_delay(&delay);
  relay->set_hold_each(&hold_each);
  holds.Opened(relay->id(), last_activity);
  sessions.emplace(relay->id(), relay.get());
  relays.emplace(relay.get(), std::move(relay));
}

void Proxy::State::OnEvents(Side& side, uint32_t events) {
  Relay& relay = *side.relay;
  const bool was_busy = relay.busy();
  const bool was_reached = relay.reached();
  const int64_t unparsed = relay.unparsed_bytes();
  if (relay.state() == Relay::State::kClosed) return;
  const bool was_delayed = relay.delayed_since() != 0;
  const Before before{relay.started(), relay.held(), relay.stalled()};
  relayed.Clear();
  relay.OnEvents(side, events, details.load(), relayed);
  const bool ended = relay.state() == Relay::State::kClosed;
  if (relay.delayed_since() != 0 && !was_delayed && !ended) delays.Add(&relay, relay.delayed_since() + delay.delay());
  if (relay.reply_held()) NoteHeldReply(relay);
  {
    const std::lock_guard lock(mutex);
    counters.bytes_to_server += relayed.to_server;
    counters.bytes_to_client += relayed.to_client;
    counters.unparsed_bytes += relay.unparsed_bytes() - unparsed;
    for (WireTrip& trip : relayed.trips) {
      counters.statements += trip.statement_count;
      counters.rows += trip.rows;
      ++counters.round_trips;
      counters.changed_plans += trip.changed_plans;
      counters.unknown_prepared += trip.unknown_prepared;
      counters.prepared_twice += trip.prepared_twice;
      if (details.load()) recorder.Add(relay.id(), std::move(trip));
    }
    if (relay.reached() && !was_reached) {
      if (relay.upstream_port() != 0) upstream_ports.insert(relay.upstream_port());
      ++(relay.kind() == Relay::Kind::kCancel ? counters.cancels : counters.connections);
      for (const std::string_view name : relay.timeouts()) ++counters.timeouts[std::string(name)];
    }
    const bool is_busy = !ended && relay.busy();
    busy += (is_busy ? 1 : 0) - (was_busy ? 1 : 0);
    last_activity = relayed.read_at != 0 ? relayed.read_at : base::SystemClock().Now();
    NoteHold(relay, before, ended);
    if (ended) Retire(relay);
    // Who waits while something is busy need not know of each step.
    if (was_busy && busy == 0 && waiters > 0) quiet.notify_all();
  }
  if (ended && !accepting) WatchListener(true);
}

// Under the mutex: what an event changed in who holds a connection, and who is let in because of it.
void Proxy::State::NoteHold(Relay& relay, const Before& before, bool ended) {
  const base::Nanos now = last_activity;
  const bool held = !ended && relay.held();
  if (!before.started && relay.started()) {
    started.insert(relay.id());
    holds.Ready(relay.id(), now);
  }
  if (held && !before.held) {
    gate.Force(relay.id());
    holds.Held(relay.id(), now, relay.TakeWaited());
  }
  holds.RoundTrips(relay.id(), relayed.trips.size());
  if (before.held && !held) holds.Released(relay.id(), now);
  // Not everything that was let in begins something: a lone Flush does not.
  if (!ended && !relay.needs_place() && gate.Holds(relay.id())) gate.Leave(relay.id());
  if (ended) {
    started.erase(relay.id());
    gate.Leave(relay.id());
    holds.Closed(relay.id(), now);
  }
  gate_status.stalled += (held && relay.stalled() ? 1 : 0) - (before.held && before.stalled ? 1 : 0);
  AdmitWaiting();
}

void Proxy::State::AdmitWaiting() {
  while (const auto next = gate.Admit()) sessions.at(*next)->Admit();
  gate_status.holding = static_cast<int64_t>(gate.holding());
  gate_status.waiting = static_cast<int64_t>(gate.waiting());
}

void Proxy::State::ApplyGate() {
  eventfd_t ignored = 0;
  ::eventfd_read(wake.get(), &ignored);
  const std::lock_guard lock(mutex);
  gate.SetLimit(wanted_gate);
  gate_applied = gate_changes;
  AdmitWaiting();
  gate_in_force.notify_all();
}

// Under the mutex.
void Proxy::State::Retire(Relay& relay) {
  --counters.open_connections;
  if (relay.unreachable()) ++counters.refused_connections;
  if (relay.upstream_port() != 0) upstream_ports.erase(relay.upstream_port());
  sessions.erase(relay.id());
  delays.Remove(&relay);
  const auto it = relays.find(&relay);
  closed.push_back(std::move(it->second));
  relays.erase(it);
}

// Under the mutex.
Recording Proxy::State::Take() {
  counters.dropped_events += recorder.dropped();
  Recording recording = recorder.Take(base::SystemClock().Now());
  recording.lost["unparsed_bytes"] = counters.unparsed_bytes - std::exchange(unparsed_before, counters.unparsed_bytes);
  return recording;
}

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
  state->epoll.Reset(::epoll_create1(EPOLL_CLOEXEC));
  state->wake.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->epoll || !state->wake || !state->delays.Open())
    return base::FailErrno(errno, "Cannot set up the proxy's event loop");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = state.get();
  ::epoll_ctl(state->epoll.get(), EPOLL_CTL_ADD, state->listener.get(), &event);
  event.data.ptr = nullptr;
  ::epoll_ctl(state->epoll.get(), EPOLL_CTL_ADD, state->wake.get(), &event);
  event.data.ptr = &state->delays;
  ::epoll_ctl(state->epoll.get(), EPOLL_CTL_ADD, state->delays.fd(), &event);
  State* shared = state.get();
  state->thread = std::thread([shared] { shared->Run(); });
  return std::unique_ptr<Proxy>(new Proxy(std::move(state)));
}

Proxy::Proxy(std::unique_ptr<State> state) : state_(std::move(state)) {}

Proxy::~Proxy() {
  state_->stop.store(true);
  ::eventfd_write(state_->wake.get(), 1);
  state_->thread.join();
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
  ::eventfd_write(state_->wake.get(), 1);
}

bool Proxy::WaitHeld(base::Nanos deadline) const { return state_->hold.WaitTaken(deadline); }

bool Proxy::ReleaseHeld() {
  const bool held = state_->hold.Release();
  ::eventfd_write(state_->wake.get(), 1);
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
  ::eventfd_write(state_->wake.get(), 1);
}

void Proxy::StopHoldEach() {
  state_->hold_each.store(false);
  {
    const std::lock_guard lock(state_->mutex);
    state_->on_held.reset();
  }
  ::eventfd_write(state_->wake.get(), 1);
}

void Proxy::SetGate(std::optional<size_t> most) {
  std::unique_lock lock(state_->mutex);
  state_->wanted_gate = most;
  const int64_t change = ++state_->gate_changes;
  ::eventfd_write(state_->wake.get(), 1);
  state_->gate_in_force.wait(lock, [&] { return state_->gate_applied >= change; });
}

GateStatus Proxy::gate() const {
  const std::lock_guard lock(state_->mutex);
  GateStatus status = state_->gate_status;
  status.last_activity = state_->last_activity;
  return status;
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
