// The one door between captures, measurements and findings: what is measured is computed from what was stored.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/ledger.h"
#include "evidence/model.h"
#include "evidence/report.h"

namespace hone::ops {

// Keeps captures and takes measurements for one run. Belongs to one thread; the ledger must outlive it.
class Measurer {
 public:
  Measurer(evidence::Ledger& ledger, int64_t run) : ledger_(&ledger), run_(run) {}

  // Stores redacted bytes.
  base::Result<evidence::Capture> Keep(evidence::Capture capture, std::string_view bytes);

  // Computes `spec` from the stored bytes and stores the answer. The same spec again gives the same measurement.
  base::Result<evidence::Measurement> Measure(const evidence::MeasurementSpec& spec);

  // Measures all of a draft's support and fills in its texts. The answer has no value (with `reason` set) where a
  // measurement is not VALID.
  struct Supported {
    std::optional<evidence::Finding> finding = {};
    std::string reason = {};
  };
  base::Result<Supported> Support(const evidence::FindingDraft& draft);

  int64_t run() const { return run_; }
  const std::vector<evidence::Capture>& captures() const { return captures_; }
  const std::vector<evidence::Measurement>& measurements() const { return measurements_; }

 private:
  evidence::Ledger* ledger_;
  int64_t run_;
  std::vector<evidence::Capture> captures_;
  std::vector<evidence::Measurement> measurements_;
  std::map<std::string, size_t> taken_;  // a spec's key -> index into measurements_
};

}  // namespace hone::ops
