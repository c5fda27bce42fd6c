#include "evidence/ranking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace hone::evidence {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"time", "cpu", "memory"};

// What is absent, negative or no number is worth nothing; so the order is total.
double Worth(const std::optional<double>& column) { return column && *column > 0 ? *column : 0; }

struct Columns {
  std::array<double, 3> worth = {};  // in the order in which they decide
};

Columns ColumnsOf(const Finding& finding, RankBy by, const std::map<std::string, double>& shares) {
  const auto share = shares.find(finding.subject.endpoint);
  const double time = Worth(finding.time_ms) * (share == shares.end() ? 1 : Worth(share->second));
  const double cpu = Worth(finding.cpu_s_per_1000);
  const double memory = Worth(finding.bytes);
  switch (by) {
    case RankBy::kCpu:
      return {{cpu, time, memory}};
    case RankBy::kMemory:
      return {{memory, time, cpu}};
    case RankBy::kTime:
      break;
  }
  return {{time, cpu, memory}};
}

bool Before(const Finding& a, const Columns& worth_a, const Finding& b, const Columns& worth_b) {
  if (worth_a.worth != worth_b.worth) return worth_a.worth > worth_b.worth;
  if (a.severity != b.severity) return a.severity > b.severity;
  const auto rest = [](const Finding& f) {
    const Subject& s = f.subject;
    return std::tie(f.rule, s.endpoint, s.kind, s.name, s.file, s.line, f.title, f.remedy);
  };
  return rest(a) < rest(b);
}

}  // namespace

std::optional<RankBy> RankByNamed(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<RankBy>(i);
  }
  return std::nullopt;
}

void Rank(std::vector<Finding>& findings, RankBy by, const std::map<std::string, double>& share_of_requests) {
  std::ranges::stable_sort(findings, [&](const Finding& a, const Finding& b) {
    return Before(a, ColumnsOf(a, by, share_of_requests), b, ColumnsOf(b, by, share_of_requests));
  });
  int64_t id = 0;
  for (Finding& finding : findings) finding.id = ++id;
}

}  // namespace hone::evidence
