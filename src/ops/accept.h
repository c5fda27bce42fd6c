// Accepted findings: benchmarks/accepted.toml, what it covers, and how an entry gets into it (docs/evidence.md has the
// format).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/report.h"

namespace hone::ops {

// How large a finding may get and still be accepted; a column that is empty is not limited.
struct Bound {
  std::optional<double> time_ms = {};
  std::optional<double> cpu_s_per_1000 = {};
  std::optional<double> bytes = {};
  bool operator==(const Bound&) const = default;
};

struct AcceptedEntry {
  std::string rule = {};
  std::string subject = {};   // the finding's subject: the statement, the function, the endpoint
  std::string endpoint = {};  // empty: wherever
  Bound bound = {};
  std::string reason = {};
  std::string owner = {};
  std::string until = {};  // the last day on which it holds, "2027-01-31"; empty: for good
  uint32_t line = 0;       // where it stands in the file
};

// Reads the text of an accepted.toml. kInput, with one line "accepted.toml:LINE:COLUMN: sentence" for each problem.
base::Result<std::vector<AcceptedEntry>> ParseAccepted(std::string_view text);

// `text` with `entry` in it: in the place of the entry for the same finding, or at the end. All else stays as it is,
// but for remarks at the end of the replaced entry's own lines. kInput where the text is wrong, or written such that it
// must be edited by hand.
base::Result<std::string> WithEntry(std::string_view text, const AcceptedEntry& entry);

// Marks the findings of `report` that an entry covers on the day `today` ("2026-11-24"). What people must know becomes
// a caveat: entries that expired, findings that outgrew their bound, and entries to which no finding belongs although
// their endpoint was judged.
void MarkAccepted(const std::vector<AcceptedEntry>& entries, std::string_view today, evidence::Report& report);

// The same with DIR/accepted.toml, where there is one, and the day of this machine in UTC.
base::Result<void> ApplyAccepted(const std::filesystem::path& dir, evidence::Report& report);

struct AcceptRequest {
  std::filesystem::path ledger = {};  // the ledger's folder
  std::filesystem::path dir = {};     // where accepted.toml stands or shall stand
  std::string finding = {};           // "2" or "f2"
  std::optional<int64_t> run = {};    // empty: the newest run that has findings
  std::string reason = {};
  std::string owner = {};
  std::string until = {};
};

// Accepts a finding of the ledger up to kBoundMargin times its worth. kUsage, kNotFound; kInput where accepted.toml
// cannot be edited.
inline constexpr double kBoundMargin = 1.25;  // two runs on one machine differ by less, a defect that grew by more
base::Result<AcceptedEntry> Accept(const AcceptRequest& request);

}  // namespace hone::ops
