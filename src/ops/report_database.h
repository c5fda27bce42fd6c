// What the rules of the database say of a check's facts.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "ops/check_facts.h"
#include "ops/report_draft.h"
#include "ops/source_map.h"
#include "project/project.h"

namespace hone::ops {

// Statements, sessions, plans and indexes.
base::Result<void> JudgeDatabase(const project::Project& project, const CheckFacts& facts, const SourceMap& sources,
                                 ReportDraft& draft);

// What the report has to say of the database beside its findings.
std::vector<std::string> DatabaseCaveats(const project::Project& project, const CheckFacts& facts);

}  // namespace hone::ops
