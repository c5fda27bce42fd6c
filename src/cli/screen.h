// A report as a screen of text: verdict, findings in order of worth, healthy, not judged, caveats, cost, what to type
// next.
#pragma once

#include <span>
#include <string>

#include "evidence/report.h"

namespace hone::cli {

struct ScreenOptions {
  size_t width = 80;
  bool color = false;
  size_t full_findings = 6;  // that many in full, the others a line each
};

std::string RenderReport(const evidence::Report& report, const ScreenOptions& options);

// One finding in full, with those of `measurements` that support it and how to compute them again.
std::string RenderFinding(const evidence::Finding& finding, std::span<const evidence::Measurement> measurements,
                          const ScreenOptions& options);

}  // namespace hone::cli
