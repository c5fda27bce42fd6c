#include "sql/proof_claim.h"

#include <fmt/format.h>

#include <utility>

namespace hone::sql {

std::string Cite(evidence::FindingDraft& draft, evidence::CaptureId capture, std::string_view metric,
                 std::string_view unit, evidence::Parameters parameters) {
  evidence::MeasurementSpec spec;
  spec.metric = metric;
  spec.scope = {.endpoint = draft.subject.endpoint, .query = draft.subject.name};
  spec.unit = unit;
  spec.method = fmt::format("{}@1", metric);
  spec.captures = {capture};
  spec.parameters = std::move(parameters);
  draft.support.push_back(std::move(spec));
  return fmt::format("{{m{}}}", draft.support.size() - 1);
}

}  // namespace hone::sql
