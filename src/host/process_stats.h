// What processes use, from /proc: CPU to the nanosecond, memory, threads, descriptors, switches, sockets.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hone::host {

// One moment of a process, or the sum over several.
struct ProcessSample {
  base::Nanos at = 0;
  int64_t cpu_ns = 0;  // user + system since its start, ended threads included (the kernel's per-process CPU clock)
  int64_t run_delay_ns = 0;  // waiting for a core; living threads only
  uint64_t rss_bytes = 0;
  int64_t threads = 0;
  int64_t fds = 0;                 // -1 if not permitted
  int64_t voluntary_switches = 0;  // living threads only
  int64_t involuntary_switches = 0;
  int processes = 1;
};

// kNotFound if there is no such process.
base::Result<ProcessSample> SampleProcess(pid_t pid);
// The sum over `pid` and all its living descendants (a PostgreSQL with its backends), and the CPU time of those that
// ended. RSS counts shared pages once for each process.
base::Result<ProcessSample> SampleTree(pid_t pid);
// `pid` and its living descendants.
std::vector<pid_t> ProcessTree(pid_t pid);

// Hone itself, for the report's cost: every thread, ended ones too; not the children.
struct OwnCost {
  int64_t cpu_ns = 0;
  uint64_t peak_rss_bytes = 0;
};
OwnCost SampleOwnCost();

// One line of /proc/net/tcp or tcp6. Addresses are printed ("127.0.0.1", "::1"; mapped IPv4 as IPv4).
struct TcpSocket {
  std::string local_address = {};
  uint16_t local_port = 0;
  std::string remote_address = {};
  uint16_t remote_port = 0;
  bool listening = false;
  bool established = false;
  uint64_t inode = 0;
};
std::vector<TcpSocket> ParseProcNetTcp(std::string_view text);

// Whether anything listens on a local TCP port, whoever's it is.
bool IsListening(uint16_t port);
// Which process listens on a local TCP port; empty if none, or none that may be looked at.
std::optional<pid_t> ListenerOfPort(uint16_t port);
// All processes that listen on it, ascending: several where a listener was inherited, or its port is shared.
std::vector<pid_t> ListenersOfPort(uint16_t port);
// The established TCP connections of a process.
std::vector<TcpSocket> ConnectionsOf(pid_t pid);
// Those of the process and its living descendants.
std::vector<TcpSocket> ConnectionsOfTree(pid_t pid);

// A TCP port of 127.0.0.1 that was free a moment ago.
base::Result<uint16_t> FreePort();

}  // namespace hone::host
