#include "sql/proxy_worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/clock.h"

namespace hone::sql {
namespace {

// PostgreSQL's default for authentication_timeout.
constexpr base::Nanos kStartupTimeout = 60 * base::kSecond;

}  // namespace

void ProxyShared::WakeAll() const {
  for (const auto& worker : workers) worker->Wake();
}

void ProxyShared::AdmitWaiting() {
  while (const auto next = gate.Admit()) WorkerOf(*next).Admit(*next);
}

bool ProxyWorker::Open() {
  epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
  wake_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_ || !wake_ || !delays_.Open()) return false;
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  event.data.ptr = &delays_;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, delays_.fd(), &event);
  return true;
}

void ProxyWorker::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ProxyWorker::Wake() const { ::eventfd_write(wake_.get(), 1); }

void ProxyWorker::Admit(uint32_t session) {
  admitted_.push_back(session);
  Wake();
}

void ProxyWorker::Run() {
  std::array<epoll_event, 256> events;
  while (!shared_->stop.load()) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), WaitMs());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr == shared_) {
        Accept();
      } else if (event.data.ptr == &delays_) {
        for (Relay* relay : delays_.TakeDue(base::SystemClock().Now())) relay->EndDelay();
      } else if (event.data.ptr != nullptr) {
        OnEvents(*static_cast<Side*>(event.data.ptr), event.events);
      } else {
        OnWake();
      }
    }
    ResumeHeld();
    EndSilent();
    closed_.clear();
  }
}

void ProxyWorker::OnWake() {
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
  const std::lock_guard lock(shared_->mutex);
  for (const uint32_t id : std::exchange(admitted_, {})) {
    // One that has gone since then has given its place back.
    if (const auto session = sessions_.find(id); session != sessions_.end()) session->second->Admit();
  }
  if (gate_seen_ == shared_->gate_changes) return;
  gate_seen_ = shared_->gate_changes;
  for (const auto& [id, session] : sessions_) {
    if (session->started() && session->needs_place()) shared_->gate.Force(id);
  }
  shared_->gate_in_force.notify_all();
}

// Until what is held must go on; without end where nothing is.
int ProxyWorker::WaitMs() const {
  constexpr base::Nanos kNever = std::numeric_limits<base::Nanos>::max();
  base::Nanos until = replying_ == nullptr ? kNever : shared_->hold.Until(replying_->id()).value_or(0);
  for (const auto& [id, each] : held_each_) until = std::min(until, each);
  base::Nanos left = until == kNever ? kNever : until - base::SystemClock().Now();
  // In ascending order: who came first has the least time left.
  if (!silent_.empty())
    left = std::min(left, silent_.begin()->second + kStartupTimeout - shared_->options.clock->Now());
  if (left == kNever) return -1;
  return static_cast<int>(std::max<base::Nanos>((left + base::kMillisecond - 1) / base::kMillisecond, 0));
}

void ProxyWorker::NoteSilent(const Relay& relay) {
  if (relay.state() == Relay::State::kGreeting) {
    silent_.emplace(relay.id(), relay.opened_at());
  } else if (!silent_.empty()) {
    silent_.erase(relay.id());
  }
}

// Nothing bounds a client that does not say what it wants: no server has heard of it yet.
void ProxyWorker::EndSilent() {
  while (!silent_.empty() && silent_.begin()->second + kStartupTimeout <= shared_->options.clock->Now()) {
    const std::lock_guard lock(shared_->mutex);
    Relay& relay = *sessions_.at(silent_.begin()->first);
    relayed_.Clear();
    relay.End(relayed_);
    Note(relay, {});
    Retire(relay);
    silent_.erase(silent_.begin());
  }
}

void ProxyWorker::ResumeEach() {
  if (held_each_.empty()) return;
  const base::Nanos now = base::SystemClock().Now();
  const std::lock_guard lock(shared_->mutex);
  std::erase_if(held_each_, [&](const auto& each) {
    const auto session = sessions_.find(each.first);
    if (session == sessions_.end()) return true;
    const bool released = shared_->let_go.erase(each.first) > 0;
    if (now < each.second && !released && shared_->hold_each.load()) return false;
    session->second->Resume();
    return true;
  });
}

// What a relay's parser has just said is to be held.
void ProxyWorker::NoteHeldReply(Relay& relay) {
  const std::vector<std::string> held_texts = relay.TakeHeldTexts();
  if (held_texts.empty() && held_each_.contains(relay.id())) return;
  if (held_texts.empty()) {
    // Another one that still waits had its time, or it would not have been asked for again.
    if (replying_ != nullptr && replying_ != &relay) replying_->Resume();
    replying_ = &relay;
    return;
  }
  const std::lock_guard one_at_a_time(shared_->telling);
  std::shared_ptr<const Proxy::Held> tell;
  {
    const std::lock_guard lock(shared_->mutex);
    tell = shared_->on_held;
    held_each_[relay.id()] = base::SystemClock().Now() + shared_->hold_each_for;
    shared_->let_go.erase(relay.id());
  }
  if (tell) (*tell)(relay.id(), held_texts);
}

void ProxyWorker::ResumeHeld() {
  ResumeEach();
  if (replying_ == nullptr) return;
  if (replying_->state() != Relay::State::kClosed) {
    if (base::SystemClock().Now() < shared_->hold.Until(replying_->id()).value_or(0)) return;
    replying_->Resume();
  }
  shared_->hold.Passed(replying_->id());
  replying_ = nullptr;
}

// Under the mutex, but for the start.
void ProxyWorker::WatchListener(int operation) const {
  epoll_event event{};
  event.events = shared_->accepting ? uint32_t{EPOLLIN} : 0;
  event.data.ptr = shared_;
  ::epoll_ctl(epoll_.get(), operation, shared_->listener.get(), &event);
}

void ProxyWorker::Accept() {
  base::FileDescriptor client(::accept4(shared_->listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const int error = errno;
  const std::lock_guard lock(shared_->mutex);
  if (!client) {
    // Out of descriptors: wait until a connection ends rather than spin.
    if (error != EMFILE && error != ENFILE) return;
    shared_->accepting = false;
    WatchListener(EPOLL_CTL_MOD);
    return;
  }
  ProxyCounters& counters = shared_->counters;
  if (counters.open_connections >= static_cast<int64_t>(shared_->options.max_connections)) {
    ++counters.refused_connections;
    return;
  }
  ++counters.open_connections;
  const base::Nanos now = base::SystemClock().Now();
  shared_->last_activity = std::max(shared_->last_activity, now);
  const uint32_t id = shared_->next_id++;
  shared_->holds.Opened(id, now);
  shared_->WorkerOf(id).Adopt(id, std::move(client));
}

// Under the mutex, on the thread that accepts: from its end on the session is this worker's.
void ProxyWorker::Adopt(uint32_t id, base::FileDescriptor client) {
  auto relay = std::make_unique<Relay>(id, std::move(client), shared_->upstream, epoll_.get(), texts_, shared_->hold);
  relay->set_gate(&shared_->gate, &shared_->mutex);
  if (shared_->tls.clients || shared_->tls.upstream) relay->set_tls(&shared_->tls);
  relay->set_delay(&shared_->delay);
  relay->set_hold_each(&shared_->hold_each);
  Relay& session = *relay;
  sessions_.emplace(id, std::move(relay));
  session.Begin(shared_->options.clock->Now());
}

void ProxyWorker::OnEvents(Side& side, uint32_t events) {
  Relay& relay = *side.relay;
  if (relay.state() == Relay::State::kClosed) return;
  const Before before{.started = relay.started(),
                      .held = relay.held(),
                      .stalled = relay.stalled(),
                      .busy = relay.busy(),
                      .reached = relay.reached(),
                      .delayed = relay.delayed_since() != 0,
                      .unparsed = relay.unparsed_bytes()};
  relayed_.Clear();
  relay.OnEvents(side, events, shared_->details.load(), relayed_);
  const bool ended = relay.state() == Relay::State::kClosed;
  if (relay.delayed_since() != 0 && !before.delayed && !ended)
    delays_.Add(&relay, relay.delayed_since() + shared_->delay.delay());
  if (relay.reply_held()) NoteHeldReply(relay);
  NoteSilent(relay);
  const std::lock_guard lock(shared_->mutex);
  Note(relay, before);
  if (ended) Retire(relay);
  // Who waits while something is busy need not know of each step.
  if (before.busy && shared_->busy == 0 && shared_->waiters > 0) shared_->quiet.notify_all();
}

// Under the mutex: what an event brought.
void ProxyWorker::Note(Relay& relay, const Before& before) {
  const bool ended = relay.state() == Relay::State::kClosed;
  ProxyCounters& counters = shared_->counters;
  counters.bytes_to_server += relayed_.to_server;
  counters.bytes_to_client += relayed_.to_client;
  counters.unparsed_bytes += relay.unparsed_bytes() - before.unparsed;
  for (WireTrip& trip : relayed_.trips) {
    counters.statements += trip.statement_count;
    counters.rows += trip.rows;
    ++counters.round_trips;
    counters.changed_plans += trip.changed_plans;
    counters.unknown_prepared += trip.unknown_prepared;
    counters.prepared_twice += trip.prepared_twice;
    if (shared_->details.load()) shared_->recorder.Add(relay.id(), std::move(trip));
  }
  if (relay.reached() && !before.reached) {
    if (relay.upstream_port() != 0) shared_->upstream_ports.insert(relay.upstream_port());
    ++(relay.kind() == Relay::Kind::kCancel ? counters.cancels : counters.connections);
    for (const std::string_view name : relay.timeouts()) ++counters.timeouts[std::string(name)];
  }
  const bool is_busy = !ended && relay.busy();
  shared_->busy += (is_busy ? 1 : 0) - (before.busy ? 1 : 0);
  const base::Nanos now = relayed_.read_at != 0 ? relayed_.read_at : base::SystemClock().Now();
  shared_->last_activity = std::max(shared_->last_activity, now);
  NoteHold(relay, before, ended);
}

// Under the mutex: what an event changed in who holds a connection, and who is let in because of it.
void ProxyWorker::NoteHold(Relay& relay, const Before& before, bool ended) {
  const base::Nanos now = relayed_.read_at != 0 ? relayed_.read_at : shared_->last_activity;
  const bool held = !ended && relay.held();
  HoldRecorder& holds = shared_->holds;
  if (!before.started && relay.started()) {
    shared_->started.insert(relay.id());
    holds.Ready(relay.id(), now);
  }
  const base::Nanos waited = held && !before.held ? relay.TakeWaited() : 0;
  if (holds.running()) {
    if (held && !before.held) holds.Held(relay.id(), now, waited);
    holds.RoundTrips(relay.id(), relayed_.trips.size());
    if (before.held && !held) holds.Released(relay.id(), now);
  }
  if (ended) {
    shared_->started.erase(relay.id());
    holds.Closed(relay.id(), now);
  }
  shared_->stalled += (held && relay.stalled() ? 1 : 0) - (before.held && before.stalled ? 1 : 0);
  if (shared_->gate.limited()) NotePlace(relay, ended);
}

// Under the mutex: whether it has its place at the gate, or gives it to somebody else.
void ProxyWorker::NotePlace(const Relay& relay, bool ended) {
  Gate& gate = shared_->gate;
  if (!ended && relay.started() && relay.needs_place()) {
    gate.Force(relay.id());
  } else if (ended || gate.Holds(relay.id())) {
    // Not everything that was let in begins something: a lone Flush does not.
    gate.Leave(relay.id());
  }
  shared_->AdmitWaiting();
}

// Under the mutex.
void ProxyWorker::Retire(Relay& relay) {
  --shared_->counters.open_connections;
  if (relay.unreachable()) ++shared_->counters.refused_connections;
  if (relay.upstream_port() != 0) shared_->upstream_ports.erase(relay.upstream_port());
  shared_->let_go.erase(relay.id());
  delays_.Remove(&relay);
  const auto it = sessions_.find(relay.id());
  closed_.push_back(std::move(it->second));
  sessions_.erase(it);
  if (shared_->accepting) return;
  shared_->accepting = true;
  shared_->workers.front()->WatchListener(EPOLL_CTL_MOD);
}

}  // namespace hone::sql
