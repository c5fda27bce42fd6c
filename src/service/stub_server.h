// Plays an HTTP service that the service under test calls: answers as hone.toml says, and counts who asked for what.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/http_server.h"
#include "project/project.h"
#include "project/template.h"

namespace hone::service {

// Since the start.
struct StubTotals {
  int64_t calls = 0;                               // answered and not
  std::map<std::string, int64_t> unanswered = {};  // "GET /v1/charges/{id}" (see project::ShownPath): how often
  int64_t not_http = 0;                            // requests that were none
  int64_t tls = 0;                                 // of them, TLS handshakes
};

// All functions are thread-safe.
class StubServer {
 public:
  // Listens on a port of 127.0.0.1. `answers` as of project::ReadAnswers.
  static base::Result<std::unique_ptr<StubServer>> Start(std::string name, std::vector<project::StubAnswer> answers);

  const std::string& name() const { return name_; }
  std::string url() const;  // "http://127.0.0.1:41234"

  // What ${...} in answers stands for, from now on.
  void SetValues(project::Values values);

  // When calls came (base::SystemClock()), since the last Drain; the first kMostCalls of them.
  std::vector<base::Nanos> Drain();
  static constexpr size_t kMostCalls = 100'000;

  StubTotals totals() const;

 private:
  StubServer(std::string name, std::vector<project::StubAnswer> answers);
  net::ServedAnswer Answer(const net::ServedRequest& request);
  net::ServedAnswer Unanswered(const net::ServedRequest& request);

  std::string name_;
  std::vector<project::StubAnswer> answers_;
  mutable std::mutex mutex_;
  project::Values values_;  // under mutex_, as are the next two
  std::vector<base::Nanos> calls_;
  StubTotals totals_;
  std::unique_ptr<net::HttpServer> server_;  // the last: its thread uses all others
};

}  // namespace hone::service
