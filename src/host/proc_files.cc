#include "host/proc_files.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <string>

#include "base/ascii.h"

namespace hone::host {

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> Fields(std::string_view text) {
  std::vector<std::string_view> fields;
  constexpr std::string_view kBlank = " \t\r\n";
  for (size_t begin = text.find_first_not_of(kBlank); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
    fields.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlank, end);
  }
  return fields;
}

std::optional<ProcStat> ParseProcPidStat(std::string_view line) {
  const size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  // Fields from the third on: proc(5).
  const std::vector<std::string_view> fields = Fields(line.substr(name_end + 1));
  if (fields.size() < 20 || fields[0].size() != 1) return std::nullopt;
  const auto parent = ParseInteger(fields[1]);
  const auto group = ParseInteger(fields[2]);
  const auto session = ParseInteger(fields[3]);
  const auto reaped_user = ParseInteger(fields[13]);
  const auto reaped_system = ParseInteger(fields[14]);
  const auto start = ParseInteger(fields[19]);
  if (!parent || !group || !session || !start || !reaped_user || !reaped_system) return std::nullopt;
  return ProcStat{fields[0][0],
                  static_cast<pid_t>(*parent),
                  static_cast<pid_t>(*group),
                  static_cast<pid_t>(*session),
                  static_cast<uint64_t>(*start),
                  *reaped_user + *reaped_system};
}

std::optional<ProcStat> ReadProcStat(pid_t pid) {
  const auto text = base::ReadFile("/proc/" + std::to_string(pid) + "/stat");
  return text ? ParseProcPidStat(*text) : std::nullopt;
}

base::FileDescriptor OpenPidfd(pid_t pid) {
  // By number: the declaration in glibc 2.36's <sys/pidfd.h> does not link from C++.
  return base::FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return pids;
  while (const dirent* entry = ::readdir(folder)) {
    if (const auto pid = ParseInteger(entry->d_name); pid && *pid > 0) pids.push_back(static_cast<pid_t>(*pid));
  }
  ::closedir(folder);
  return pids;
}

}  // namespace hone::host
