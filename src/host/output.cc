#include "host/output.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace hone::host {
namespace {

// Threads inherit the signal mask: with all blocked, signals to hone are delivered to the threads that wait for them.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

base::Result<void> Output::Start(base::FileDescriptor pipe, const std::filesystem::path& log, uint64_t log_limit) {
  pipe_ = std::move(pipe);
  finish_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!finish_) return base::FailErrno(errno, "Cannot create an event");
  if (!log.empty()) {
    log_.Reset(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!log_) return base::FailErrno(errno, "Cannot create a log", log.string());
    log_left_ = log_limit;
  }
  ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(pipe_.get(), F_SETPIPE_SZ, 1 << 20);  // a burst of logging must not wait for hone's thread; refused is fine
  const AllSignalsBlocked blocked;
  thread_ = std::thread([this] { Follow(); });
  return {};
}

Output::~Output() { Finish(); }

void Output::Finish() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  if (::write(finish_.get(), &one, sizeof one) < 0) return;  // cannot happen: the counter is zero
  thread_.join();
}

void Output::Follow() {
  char buffer[1 << 16];
  pollfd waits[2] = {{pipe_.get(), POLLIN, 0}, {finish_.get(), POLLIN, 0}};
  for (;;) {
    const ssize_t n = ::read(pipe_.get(), buffer, sizeof buffer);
    if (n > 0) {
      const std::string_view bytes(buffer, static_cast<size_t>(n));
      Keep(bytes);
      Log(bytes);
      continue;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) return;
    if (waits[1].revents != 0) return;  // asked to finish before this read found the pipe empty
    ::poll(waits, 2, -1);
  }
}

void Output::Keep(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ += bytes.size();
  head_.append(bytes.substr(0, std::min(bytes.size(), kKept - head_.size())));
  tail_.append(bytes.substr(bytes.size() - std::min(bytes.size(), kKept)));
  if (tail_.size() > 2 * kKept) tail_.erase(0, tail_.size() - kKept);
}

void Output::Log(std::string_view bytes) {
  bytes = bytes.substr(0, std::min<uint64_t>(bytes.size(), log_left_));
  log_left_ -= bytes.size();
  while (!bytes.empty() && log_) {
    const ssize_t n = ::write(log_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      log_.Reset();
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

std::string Output::Head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

std::string Output::Tail() const {
  const std::lock_guard lock(mutex_);
  return tail_.substr(tail_.size() - std::min(tail_.size(), kKept));
}

uint64_t Output::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace hone::host
