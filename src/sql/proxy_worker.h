// One of the proxy's threads: an event loop with sessions of its own, and what all of them share.
//
// A session stays with the worker that it was given to, so that its bytes are read, parsed and sent by one thread in
// their order. What concerns several sessions (counters, the recording, the gate) stands in ProxyShared behind one
// mutex, which a worker takes once an event.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "sql/address.h"
#include "sql/delay.h"
#include "sql/gate.h"
#include "sql/hold.h"
#include "sql/holds.h"
#include "sql/proxy.h"
#include "sql/recorder.h"
#include "sql/relay.h"

namespace hone::sql {

class ProxyWorker;

struct ProxyShared {
  // Set before the threads start.
  ProxyOptions options = {};
  Address upstream = {};
  RelayTls tls = {};
  base::FileDescriptor listener = {};
  uint16_t port = 0;
  std::vector<std::unique_ptr<ProxyWorker>> workers = {};

  // Thread-safe by themselves.
  std::atomic<bool> stop = false;
  std::atomic<bool> details = false;  // a recording runs
  std::atomic<bool> hold_each = false;
  ReplyHold hold = {};
  ReplyDelay delay = {};
  std::mutex telling = {};  // held while on_held is called

  mutable std::mutex mutex = {};
  // Everything below is guarded by it; but for Gate::limited.
  uint32_t next_id = 1;
  bool accepting = true;
  Gate gate = {};
  int64_t stalled = 0;  // of the gate's holders (see GateStatus)
  int64_t gate_changes = 0;
  std::condition_variable gate_in_force = {};
  std::shared_ptr<const Proxy::Held> on_held = {};
  base::Nanos hold_each_for = 0;
  std::set<uint32_t> let_go = {};  // ids
  mutable std::condition_variable quiet = {};
  mutable int waiters = 0;
  ProxyCounters counters = {};
  Recorder recorder = {};
  int64_t unparsed_before = 0;  // when the recording started
  std::set<uint16_t> upstream_ports = {};
  int64_t busy = 0;  // connections with something unanswered
  base::Nanos last_activity = 0;
  HoldRecorder holds = {};
  std::set<uint32_t> started = {};  // sessions past their start-up

  ProxyWorker& WorkerOf(uint32_t session) const { return *workers[session % workers.size()]; }
  void WakeAll() const;
  // Under the mutex: lets in who waits at the gate where there is room.
  void AdmitWaiting();
};

class ProxyWorker {
 public:
  explicit ProxyWorker(ProxyShared& shared) : shared_(&shared) {}
  ProxyWorker(const ProxyWorker&) = delete;
  ProxyWorker& operator=(const ProxyWorker&) = delete;
  // Only after the thread has ended: ProxyShared::stop and Wake, then Join.
  ~ProxyWorker() = default;

  // False where the kernel refuses what it needs.
  bool Open();
  // From now on it accepts connections, for all workers.
  void Listen() { WatchListener(EPOLL_CTL_ADD); }
  void Start();
  void Join() { thread_.join(); }

  // The loop looks at what others changed. Thread-safe.
  void Wake() const;
  // Under the mutex: the gate has let in a session of this worker.
  void Admit(uint32_t session);
  // Under the mutex: the last of ProxyShared::gate_changes that every further event of this worker obeys.
  int64_t gate_seen() const { return gate_seen_; }

 private:
  // What a relay was before an event.
  struct Before {
    bool started = false;
    bool held = false;
    bool stalled = false;
    bool busy = false;
    bool reached = false;
    bool delayed = false;
    int64_t unparsed = 0;
  };

  void Run();
  void OnWake();
  void Accept();
  void Adopt(uint32_t id, base::FileDescriptor client);
  void WatchListener(int operation) const;
  void OnEvents(Side& side, uint32_t events);
  void Note(Relay& relay, const Before& before);
  void NoteHold(Relay& relay, const Before& before, bool ended);
  void NotePlace(const Relay& relay, bool ended);
  void Retire(Relay& relay);
  int WaitMs() const;
  void ResumeHeld();
  void ResumeEach();
  void NoteHeldReply(Relay& relay);
  void NoteSilent(const Relay& relay);
  void EndSilent();

  ProxyShared* shared_;
  base::FileDescriptor epoll_ = {};
  base::FileDescriptor wake_ = {};
  std::thread thread_ = {};

  // The thread's own.
  TextPool texts_ = {};
  std::vector<std::unique_ptr<Relay>> closed_ = {};  // of this round of events, which may still name them
  Relayed relayed_ = {};
  Relay* replying_ = nullptr;  // the one whose reply waits
  DelayLine delays_ = {};
  std::map<uint32_t, base::Nanos> held_each_ = {};  // ids of those whose reply is held by HoldEach, and until when
  std::map<uint32_t, base::Nanos> silent_ = {};     // ids of those that did not say yet what they want; since when

  // Guarded by ProxyShared::mutex.
  std::unordered_map<uint32_t, std::unique_ptr<Relay>> sessions_ = {};  // by id
  std::vector<uint32_t> admitted_ = {};                                 // ids that the gate has let in
  int64_t gate_seen_ = 0;
};

}  // namespace hone::sql
