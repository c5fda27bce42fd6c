#include "host/process_stats.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>
#include <unordered_map>

#include "base/ascii.h"
#include "base/files.h"
#include "host/machine.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

int64_t TimeNs(const timespec& time) { return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec; }

std::optional<int64_t> CpuClockNs(pid_t pid) {
  clockid_t clock = 0;
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return TimeNs(time);
}

std::vector<std::string> Names(const std::string& folder) {
  std::vector<std::string> names;
  DIR* handle = ::opendir(folder.c_str());
  if (handle == nullptr) return names;
  while (const dirent* entry = ::readdir(handle)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(handle);
  return names;
}

// -1 if not permitted.
int64_t CountDescriptors(pid_t pid) {
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  if (::access(folder.c_str(), R_OK | X_OK) != 0) return -1;
  return static_cast<int64_t>(Names(folder).size());
}

void AddThread(const std::string& folder, ProcessSample& sample) {
  if (const auto schedstat = base::ReadFile(folder + "/schedstat")) {
    // "time on the CPU, time waiting for it, timeslices", nanoseconds: Documentation/scheduler/sched-stats.rst.
    const std::vector<std::string_view> fields = Fields(*schedstat);
    if (fields.size() >= 2) sample.run_delay_ns += ParseInteger(fields[1]).value_or(0);
  }
  if (const auto status = base::ReadFile(folder + "/status")) {
    sample.voluntary_switches += ParseStatusField(*status, "voluntary_ctxt_switches").value_or(0);
    sample.involuntary_switches += ParseStatusField(*status, "nonvoluntary_ctxt_switches").value_or(0);
  }
}

// Sockets of all addresses, from both files.
std::vector<TcpSocket> AllSockets(const std::string& net) {
  std::vector<TcpSocket> sockets;
  for (const char* name : {"/tcp", "/tcp6"}) {
    if (const auto text = base::ReadFile(net + name)) {
      const std::vector<TcpSocket> some = ParseProcNetTcp(*text);
      sockets.insert(sockets.end(), some.begin(), some.end());
    }
  }
  return sockets;
}

std::set<uint64_t> ListeningInodes(uint16_t port) {
  std::set<uint64_t> inodes;
  for (const TcpSocket& socket : AllSockets("/proc/net")) {
    if (socket.listening && socket.local_port == port) inodes.insert(socket.inode);
  }
  return inodes;
}

std::set<uint64_t> SocketInodes(pid_t pid) {
  std::set<uint64_t> inodes;
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  for (const std::string& fd : Names(folder)) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(folder + "/" + fd, error).string();
    constexpr std::string_view kPrefix = "socket:[";
    if (!target.starts_with(kPrefix)) continue;
    const auto inode =
        ParseInteger(std::string_view(target).substr(kPrefix.size(), target.size() - kPrefix.size() - 1));
    if (inode) inodes.insert(static_cast<uint64_t>(*inode));
  }
  return inodes;
}

template <typename T>
std::optional<T> ParseHex(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0100007F" or 32 digits: words of the machine's byte order that hold network-order bytes.
std::optional<std::string> ParseAddress(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  unsigned char bytes[16] = {};
  for (size_t word = 0; word < hex.size() / 8; ++word) {
    const auto value = ParseHex<uint32_t>(hex.substr(word * 8, 8));
    if (!value) return std::nullopt;
    std::memcpy(bytes + word * 4, &*value, 4);
  }
  char text[INET6_ADDRSTRLEN] = {};
  static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = hex.size() == 32 && std::memcmp(bytes, kMapped, sizeof kMapped) == 0;
  if (hex.size() == 8 || mapped) {
    ::inet_ntop(AF_INET, mapped ? bytes + 12 : bytes, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, bytes, text, sizeof text);
  }
  return text;
}

bool ParseEndpoint(std::string_view text, std::string& address, uint16_t& port) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto host = ParseAddress(text.substr(0, colon));
  const auto number = ParseHex<uint16_t>(text.substr(colon + 1));
  if (!host || !number) return false;
  address = *host;
  port = *number;
  return true;
}

}  // namespace

base::Result<ProcessSample> SampleProcess(pid_t pid) {
  const std::string folder = fmt::format("/proc/{}", pid);
  const auto status = base::ReadFile(folder + "/status");
  const auto cpu = CpuClockNs(pid);
  if (!status || !cpu) return base::Fail(base::Code::kNotFound, "There is no such process", std::to_string(pid));
  ProcessSample sample;
  sample.at = base::SystemClock().Now();
  sample.cpu_ns = *cpu;
  sample.rss_bytes = static_cast<uint64_t>(ParseStatusField(*status, "VmRSS").value_or(0)) * 1024;
  sample.threads = ParseStatusField(*status, "Threads").value_or(0);
  sample.fds = CountDescriptors(pid);
  for (const std::string& thread : Names(folder + "/task")) AddThread(folder + "/task/" + thread, sample);
  return sample;
}

std::vector<pid_t> ProcessTree(pid_t pid) {
  std::unordered_multimap<pid_t, pid_t> children;
  for (const pid_t each : AllProcesses()) {
    if (const auto stat = ReadProcStat(each)) children.emplace(stat->parent, each);
  }
  std::vector<pid_t> tree = {pid};
  for (size_t i = 0; i < tree.size(); ++i) {
    const auto [begin, end] = children.equal_range(tree[i]);
    for (auto it = begin; it != end; ++it) tree.push_back(it->second);
  }
  return tree;
}

// CPU time of the children of `pid` that ended and were waited for (a server's parallel workers).
static int64_t ReapedNs(pid_t pid) {
  const auto stat = ReadProcStat(pid);
  return stat ? stat->reaped_ticks * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)) : 0;
}

base::Result<ProcessSample> SampleTree(pid_t pid) {
  HONE_TRY(ProcessSample sum, SampleProcess(pid));
  sum.cpu_ns += ReapedNs(pid);
  for (const pid_t each : ProcessTree(pid)) {
    if (each == pid) continue;
    const auto sample = SampleProcess(each);
    if (!sample) continue;  // ended meanwhile
    sum.cpu_ns += sample->cpu_ns + ReapedNs(each);
    sum.run_delay_ns += sample->run_delay_ns;
    sum.rss_bytes += sample->rss_bytes;
    sum.threads += sample->threads;
    sum.fds = sum.fds < 0 || sample->fds < 0 ? -1 : sum.fds + sample->fds;
    sum.voluntary_switches += sample->voluntary_switches;
    sum.involuntary_switches += sample->involuntary_switches;
    ++sum.processes;
  }
  return sum;
}

OwnCost SampleOwnCost() {
  OwnCost cost;
  timespec time{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0) cost.cpu_ns = TimeNs(time);
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) cost.peak_rss_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return cost;
}

std::vector<TcpSocket> ParseProcNetTcp(std::string_view text) {
  constexpr std::string_view kEstablished = "01";
  constexpr std::string_view kListen = "0A";
  std::vector<TcpSocket> sockets;
  for (const std::string_view line : base::Lines(text)) {
    const std::vector<std::string_view> fields = Fields(line);
    TcpSocket socket;
    if (fields.size() < 10 || !ParseEndpoint(fields[1], socket.local_address, socket.local_port) ||
        !ParseEndpoint(fields[2], socket.remote_address, socket.remote_port)) {
      continue;  // the heading
    }
    const auto inode = ParseInteger(fields[9]);
    if (!inode) continue;
    socket.inode = static_cast<uint64_t>(*inode);
    socket.listening = fields[3] == kListen;
    socket.established = fields[3] == kEstablished;
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

bool IsListening(uint16_t port) { return !ListeningInodes(port).empty(); }

std::optional<pid_t> ListenerOfPort(uint16_t port) {
  const std::set<uint64_t> inodes = ListeningInodes(port);
  if (inodes.empty()) return std::nullopt;
  for (const pid_t pid : AllProcesses()) {
    const std::set<uint64_t> held = SocketInodes(pid);
    if (std::ranges::any_of(inodes, [&](uint64_t inode) { return held.contains(inode); })) return pid;
  }
  return std::nullopt;
}

std::vector<pid_t> ListenersOfPort(uint16_t port) {
  const std::set<uint64_t> inodes = ListeningInodes(port);
  std::vector<pid_t> listeners;
  if (inodes.empty()) return listeners;
  for (const pid_t pid : AllProcesses()) {
    const std::set<uint64_t> held = SocketInodes(pid);
    if (std::ranges::any_of(inodes, [&](uint64_t inode) { return held.contains(inode); })) listeners.push_back(pid);
  }
  std::ranges::sort(listeners);
  return listeners;
}

std::vector<TcpSocket> ConnectionsOf(pid_t pid) {
  const std::set<uint64_t> held = SocketInodes(pid);
  std::vector<TcpSocket> sockets = AllSockets(fmt::format("/proc/{}/net", pid));
  std::erase_if(sockets, [&](const TcpSocket& socket) { return !socket.established || !held.contains(socket.inode); });
  return sockets;
}

base::Result<uint16_t> FreePort() {
  const base::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = socket && ::bind(socket.get(), std::bit_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockname(socket.get(), std::bit_cast<sockaddr*>(&address), &size) == 0;
  if (!bound) return base::FailErrno(errno, "Cannot find a free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

std::vector<TcpSocket> ConnectionsOfTree(pid_t pid) {
  std::vector<TcpSocket> sockets;
  for (const pid_t one : ProcessTree(pid)) {
    const std::vector<TcpSocket> some = ConnectionsOf(one);
    sockets.insert(sockets.end(), some.begin(), some.end());
  }
  return sockets;
}

}  // namespace hone::host
