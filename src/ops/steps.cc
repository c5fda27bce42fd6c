#include "ops/steps.h"

#include <fmt/format.h>

#include <algorithm>

namespace hone::ops {
namespace {

constexpr base::Nanos kRequestTimeout = 30'000'000'000;
constexpr int kUnauthorized = 401;

base::Result<net::HttpAnswer> SendBefore(const net::Address& address, const net::HttpRequest& request,
                                         base::Nanos deadline) {
  HONE_TRY(auto connection, net::HttpConnection::Open(address, deadline));
  return connection.Exchange(request, deadline);
}

// Until `time`, or the task is cancelled.
base::Result<void> WaitUntil(base::Nanos time, base::Task& task) {
  constexpr base::Nanos kStep = 50'000'000;
  while (task.clock().Now() < time) {
    HONE_CHECK_OK(task.Check());
    task.clock().SleepUntil(std::min(time, task.clock().Now() + kStep));
  }
  return {};
}

}  // namespace

base::Result<net::HttpAnswer> SendOnce(const net::Address& address, const net::HttpRequest& request, base::Task& task) {
  HONE_CHECK_OK(task.Check());
  return SendBefore(address, request, task.clock().Now() + kRequestTimeout);
}

base::Result<project::Values> RunSetup(const project::Step& step, const project::RequestContext& context,
                                       const net::Address& address, const std::function<base::Result<void>()>& renew,
                                       base::Task& task) {
  const bool wants_it = std::ranges::find(step.status, kUnauthorized) != step.status.end();
  const base::Nanos begun = task.clock().Now();
  bool renewed = false;
  for (;;) {
    HONE_TRY(const net::HttpRequest request, project::BuildStep(step, context));
    HONE_TRY(const net::HttpAnswer answer, SendOnce(address, request, task));
    if (answer.status == kUnauthorized && !wants_it && !renewed) {
      renewed = true;
      HONE_CHECK_OK(renew());
      continue;
    }
    auto checked = project::CheckStep(step, context, answer);
    if (checked) return project::CaptureStep(step, answer);
    if (!step.until) return std::unexpected(checked.error());
    const base::Nanos next = task.clock().Now() + step.until->interval_ns;
    if (next > begun + step.until->timeout_ns) {
      base::Error error = checked.error();
      error.code = base::Code::kTimeout;
      error.what = fmt::format("Not so after {} ms: {}", step.until->timeout_ns / 1'000'000, error.what);
      error.remedy = "Correct [setup.until] there, or give it a longer `timeout`";
      return std::unexpected(error);
    }
    HONE_CHECK_OK(WaitUntil(next, task));
  }
}

base::Result<void> RunCleanup(const project::Step& step, const project::RequestContext& context,
                              const net::Address& address) {
  HONE_TRY(const net::HttpRequest request, project::BuildStep(step, context));
  HONE_TRY(const net::HttpAnswer answer, SendBefore(address, request, base::SystemClock().Now() + kRequestTimeout));
  return project::CheckStep(step, context, answer);
}

bool LacksValue(const project::Step& step, const project::RequestContext& context) {
  const auto lacks = [&](const project::Template& text) {
    return std::ranges::any_of(text.parts(), [&](const project::Template::Part& part) {
      return part.is_name && !project::Find(context.values, part.text);
    });
  };
  return lacks(step.path) || lacks(step.body) ||
         std::ranges::any_of(step.headers, [&](const auto& header) { return lacks(header.second); });
}

bool Writes(const project::Step& step) {
  return step.method != "GET" && step.method != "HEAD" && step.method != "OPTIONS";
}

}  // namespace hone::ops
