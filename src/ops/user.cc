#include "ops/user.h"

#include <utility>

namespace hone::ops {

base::Result<Asked> User::Ask(const project::Scenario& scenario, const project::Assignment& assignment) {
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
