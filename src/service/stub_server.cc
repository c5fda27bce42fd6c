#include "service/stub_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/http_response.h"
#include "project/scenario.h"
#include "project/stub.h"

namespace hone::service {
namespace {

// Everything that a written answer holds, filled in. kInput for a name without a value.
base::Result<net::ServedAnswer> Fill(const project::StubAnswer& answer, const project::Template::Lookup& lookup) {
  net::ServedAnswer filled{.status = answer.status, .delay_ns = answer.delay_ns};
  const std::string* content_type = nullptr;
  filled.headers.reserve(answer.headers.size() + 1);
  for (const auto& [name, value] : answer.headers) {
    HONE_TRY(std::string text, value.Expand(lookup));
    filled.headers.emplace_back(name, std::move(text));
    if (net::EqualsIgnoringCase(name, "content-type")) content_type = &filled.headers.back().second;
  }
  if (answer.bytes) {
    filled.body = *answer.bytes;
    const size_t first = filled.body.find_first_not_of(" \t\r\n");
    const bool json = first != std::string::npos && (filled.body[first] == '{' || filled.body[first] == '[');
    if (content_type == nullptr && json) filled.headers.emplace_back("Content-Type", "application/json");
    return filled;
  }
  HONE_TRY(project::FilledBody body, project::FillBody(answer.body, content_type, lookup));
  filled.body = std::move(body.bytes);
  if (content_type == nullptr && body.json) filled.headers.emplace_back("Content-Type", "application/json");
  return filled;
}

}  // namespace

StubServer::StubServer(std::string name, std::vector<project::StubAnswer> answers)
    : name_(std::move(name)), answers_(std::move(answers)) {}

base::Result<std::unique_ptr<StubServer>> StubServer::Start(std::string name,
                                                            std::vector<project::StubAnswer> answers) {
  auto stub = std::unique_ptr<StubServer>(new StubServer(std::move(name), std::move(answers)));
  HONE_TRY(stub->server_, net::HttpServer::Start([running = stub.get()](const net::ServedRequest& request) {
             return running->Answer(request);
           }));
  return stub;
}

std::string StubServer::url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }

void StubServer::SetValues(project::Values values) {
  const std::lock_guard lock(mutex_);
  values_ = std::move(values);
}

std::vector<base::Nanos> StubServer::Drain() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

StubTotals StubServer::totals() const {
  const net::ServerCounters counters = server_->counters();
  const std::lock_guard lock(mutex_);
  StubTotals totals = totals_;
  totals.not_http = counters.faults;
  totals.tls = counters.tls;
  return totals;
}

net::ServedAnswer StubServer::Answer(const net::ServedRequest& request) {
  const base::Nanos now = base::SystemClock().Now();
  const auto match = project::MatchStub(answers_, request.method, request.target);
  const std::lock_guard lock(mutex_);
  ++totals_.calls;
  if (calls_.size() < kMostCalls) calls_.push_back(now);
  if (!match) return Unanswered(request);
  auto filled = Fill(answers_[match->answer], [&](std::string_view name) -> std::optional<std::string> {
    if (const auto found = match->wildcards.find(name); found != match->wildcards.end()) return found->second;
    return project::Find(values_, name);
  });
  if (filled) return *std::move(filled);
  constexpr int kServerError = 500;
  return {.status = kServerError, .headers = {{"Content-Type", "text/plain"}}, .body = filled.error().what + "\n"};
}

net::ServedAnswer StubServer::Unanswered(const net::ServedRequest& request) {
  constexpr size_t kMostKinds = 100;
  constexpr int kNotImplemented = 501;
  // A method is any word; only those that hone.toml can name are named.
  constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  const bool known = std::ranges::find(kMethods, request.method) != std::end(kMethods);
  const std::string what = (known ? request.method : "?") + " " + project::ShownPath(request.target);
  if (totals_.unanswered.size() < kMostKinds || totals_.unanswered.contains(what)) ++totals_.unanswered[what];
  return {.status = kNotImplemented,
          .headers = {{"Content-Type", "text/plain"}},
          .body = fmt::format("hone's stub {} has no answer for {}: add one to hone.toml\n", name_, what)};
}

}  // namespace hone::service
