// The report that every verb answers with: one value, rendered as a screen or as JSON by the faces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"

namespace hone::evidence {

struct Ceiling {
  double value = 0;
  std::string unit = {};
  std::string basis = {};
};

// A finding whose every number is the value of a stored measurement.
struct Finding {
  int64_t id = 0;
  std::string rule = {};
  Severity severity = Severity::kMedium;
  std::string title = {};
  Subject subject = {};
  std::optional<double> time_ms = {};  // at the configured round trip
  std::optional<double> time_loopback_ms = {};
  std::optional<double> cpu_s_per_1000 = {};
  std::optional<double> bytes = {};
  std::vector<MeasurementId> measurements = {};
  std::optional<Ceiling> ceiling = {};
  std::string remedy = {};
  std::optional<std::string> accepted = {};  // the reason, where benchmarks/accepted.toml covers it
};

// What was looked at and found in order, in one line for people: "GET /v2/orders: 3 round trips, 1.2 ms in the
// database".
struct Healthy {
  std::string subject = {};
  std::string text = {};
};

// A setting that the evidence asks for, whether or not anything is wrong with the present one.
struct Advice {
  std::string setting = {};  // "MaxConns (pgxpool), SetMaxOpenConns (database/sql)"
  std::string value = {};    // what to write there
  std::string reason = {};   // every number in it is the value of a measurement
  std::vector<MeasurementId> measurements = {};
};

// What the service is connected to besides its database: counted, not measured.
struct SeenOnly {
  std::string what = {};     // "Redis (sidecar cache)", "HTTPS"; empty: not known
  std::string address = {};  // "127.0.0.1:6379"; of other machines, which are not named: "machine 1, port 443"
  std::string text = {};     // one sentence; its number is the value of the measurement
  MeasurementId measurement = 0;
};

// What the measuring itself took from the machine.
struct Cost {
  double cpu_seconds = 0;
  double peak_rss_bytes = 0;
  double wall_seconds = 0;
};

struct Report {
  std::string verb = {};
  std::string verdict = {};                                           // "findings", "clean", "inconclusive", ...
  std::string headline = {};                                          // the verdict in one sentence
  std::vector<std::pair<std::string, std::string>> environment = {};  // in print order
  Cost cost = {};
  std::vector<std::string> caveats = {};
  std::vector<Finding> findings = {};
  std::vector<Healthy> healthy = {};
  std::vector<NotJudged> not_judged = {};
  std::vector<Advice> advice = {};  // of verbs that recommend settings
  std::vector<SeenOnly> seen_only = {};
  std::vector<Measurement> measurements = {};
  std::vector<Capture> captures = {};
  std::vector<std::string> next = {};  // commands to type next
  int64_t run = 0;                     // 0: not kept in a ledger
};

// The `hone.report/1` document (docs/report.schema.json), indented by two spaces, ending in a newline.
std::string ToJson(const Report& report);

// Reads ToJson's output back. kInput where it is not one.
base::Result<Report> ReportFromJson(std::string_view json);

}  // namespace hone::evidence
