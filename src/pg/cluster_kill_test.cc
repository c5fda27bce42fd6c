// What is left of a cluster when hone is killed: nothing. In a suite of its own, because the process must have one
// thread when it forks.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/files.h"
#include "host/proc_files.h"
#include "host/process_stats.h"
#include "pg/cluster.h"

namespace hone::pg {
namespace {

struct Started {
  pid_t guardian = 0;
  pid_t server = 0;
};

// Does what hone does, tells of it, and waits to be killed.
[[noreturn]] void RunCluster(const std::filesystem::path& root, int pipe) {
  auto guardian = host::Guardian::Start(root);
  ClusterOptions options;
  options.folder = *guardian->MakeFolder("run");
  options.cache = options.folder / "cache";
  auto cluster = Cluster::Start(options, *guardian, base::Task());
  const Started started{guardian->pid(), cluster ? cluster->pid() : 0};
  if (::write(pipe, &started, sizeof started) != sizeof started) ::_exit(1);
  for (;;) ::pause();
}

TEST(KilledHone, LeavesNoServerAndNoFolder) {
  const auto root = *base::TemporaryDirectory::Create("kill");
  ::chmod(root.path().c_str(), 0711);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t hone = ::fork();
  if (hone == 0) RunCluster(root.path(), ends[1]);
  ::close(ends[1]);
  Started started;
  ASSERT_EQ(::read(ends[0], &started, sizeof started), static_cast<ssize_t>(sizeof started));
  ::close(ends[0]);
  ASSERT_GT(started.server, 1);

  std::vector<base::FileDescriptor> processes;
  for (const pid_t pid : host::ProcessTree(started.server)) processes.push_back(host::OpenPidfd(pid));
  EXPECT_GE(processes.size(), 5u);  // checkpointer, writers, autovacuum
  processes.push_back(host::OpenPidfd(started.guardian));
  ::kill(hone, SIGKILL);
  ::waitpid(hone, nullptr, 0);
  for (const auto& process : processes) {
    pollfd ended{process.get(), POLLIN, 0};
    EXPECT_TRUE(!process || ::poll(&ended, 1, 30'000) == 1);
  }
  EXPECT_TRUE(std::filesystem::is_empty(root.path()));
}

}  // namespace
}  // namespace hone::pg
