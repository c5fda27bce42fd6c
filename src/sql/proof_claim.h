// Claims by a capture that one statement was proven with. Private to sql/.
#pragma once

#include <string>
#include <string_view>

#include "evidence/method.h"
#include "evidence/model.h"

namespace hone::sql {

// Puts a measurement of the draft's subject, a statement of an endpoint, by the method "metric@1" behind the support,
// and returns how a claim cites it: "{m2}".
std::string Cite(evidence::FindingDraft& draft, evidence::CaptureId capture, std::string_view metric,
                 std::string_view unit, evidence::Parameters parameters);

}  // namespace hone::sql
