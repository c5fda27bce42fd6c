// What a check's load phase measured, and what the service's own limits did to it.
#pragma once

#include "base/error.h"
#include "ops/latency_phase.h"
#include "ops/report_draft.h"
#include "project/project.h"

namespace hone::ops {

base::Result<void> ReportLatency(const project::Service& service, const Latency& latency, ReportDraft& draft);

}  // namespace hone::ops
