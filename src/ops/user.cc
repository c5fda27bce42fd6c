#include "ops/user.h"

#include <algorithm>
#include <utility>

namespace hone::ops {

base::Result<Asked> User::Ask(const project::Scenario& scenario, const project::Assignment& assignment) {
  constexpr int kUnauthorized = 401;
  HONE_TRY(Asked asked, AskOnce(scenario, assignment));
  const bool refused = asked.answer && asked.answer->status == kUnauthorized;
  if (!refused || std::ranges::find(scenario.status, kUnauthorized) != scenario.status.end()) return asked;
  HONE_TRY(const bool renewed, rig_->Renew());
  return renewed ? AskOnce(scenario, assignment) : asked;
}

base::Result<Asked> User::AskOnce(const project::Scenario& scenario, const project::Assignment& assignment) {
  constexpr base::Nanos kTimeout = 30'000'000'000;
  HONE_CHECK_OK(task_->Check());
  HONE_TRY(const net::HttpRequest request,
           project::BuildRequest(scenario, assignment, rig_->context(), (*sequence_)++));
  const base::Nanos deadline = task_->clock().Now() + kTimeout;
  if (!connection_) {
    auto opened = net::HttpConnection::Open(rig_->address(), deadline);
    if (!opened) {
      HONE_CHECK_OK(rig_->Alive());
      return Asked{.wrong = opened.error()};
    }
    connection_.emplace(*std::move(opened));
  }
  auto answer = connection_->Exchange(request, deadline);
  if (!answer) {
    connection_.reset();
    HONE_CHECK_OK(rig_->Alive());
    return Asked{.wrong = answer.error()};
  }
  Asked asked{.answer = *std::move(answer)};
  if (auto checked = project::CheckAnswer(scenario, assignment, rig_->context(), *asked.answer); !checked) {
    // Where a sidecar is gone, the service can only fail.
    HONE_CHECK_OK(rig_->Alive());
    asked.wrong = checked.error();
  }
  return asked;
}

}  // namespace hone::ops
