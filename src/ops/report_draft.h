// A report while it is made: what the rules say is measured, held against its evidence and given a line.
#pragma once

#include "base/error.h"
#include "evidence/report.h"
#include "ops/measurer.h"
#include "ops/quiet.h"
#include "ops/source_map.h"

namespace hone::ops {

class ReportDraft {
 public:
  // All three outlive the draft. `quiet` tells who called a statement.
  ReportDraft(const Quiet& quiet, const SourceMap& sources, Measurer& measurer)
      : quiet_(quiet), sources_(sources), measurer_(measurer) {}

  // Measures what a rule wants measured; of its findings those become the report's that the evidence supports, and the
  // others are not judged.
  base::Result<void> Take(const evidence::Judgement& judgement);
  // Once for each subject and reason.
  void AddNotJudged(const evidence::NotJudged& entry);

  Measurer& measurer() { return measurer_; }
  evidence::Report& report() { return report_; }

 private:
  const Quiet& quiet_;
  const SourceMap& sources_;
  Measurer& measurer_;
  evidence::Report report_;
};

}  // namespace hone::ops
