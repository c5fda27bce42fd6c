// For tests of the rules: quiet phases driven by a script, judged from the bytes that would be stored.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evidence/claim.h"
#include "sql/analysis.h"
#include "sql/exchange_for_test.h"
#include "sql/methods.h"
#include "sql/rules.h"

namespace hone::sql {

inline constexpr std::string_view kList = "select id, name from orders order by id limit $1";
inline constexpr std::string_view kItems = "select * from items where order_id = $1";

inline std::string TextOf(std::string_view text) { return std::string(text); }

inline evidence::Judgement JudgeExchange(const Exchange& exchange, const RuleOptions& options = {}) {
  evidence::Capture capture;
  capture.id = 3;
  const base::Result<Exchange> stored = Decode(Encode(exchange));
  EXPECT_TRUE(stored.has_value());
  return Judge(*stored, capture, options);
}

inline std::vector<std::string> Rules(const evidence::Judgement& judgement) {
  std::vector<std::string> rules;
  for (const auto& finding : judgement.findings) rules.push_back(finding.rule);
  return rules;
}

// The value of one of a finding's measurements, computed from the stored bytes as anyone would.
inline evidence::Measurement Compute(const std::string& bytes, const evidence::MeasurementSpec& spec) {
  evidence::Capture capture;
  capture.id = 3;
  const evidence::CaptureBytes input{&capture, bytes};
  for (const evidence::Method& method : Methods()) {
    if (method.name != spec.method) continue;
    const auto computed = method.compute({&input, 1}, spec.parameters, spec.seed);
    EXPECT_TRUE(computed.has_value()) << computed.error().what;
    return {.metric = spec.metric,
            .unit = spec.unit,
            .value = computed->value,
            .interval = computed->interval,
            .n = computed->n,
            .n_of = computed->n_of,
            .method = spec.method,
            .validity = computed->validity};
  }
  ADD_FAILURE() << "no method " << spec.method;
  return {};
}

inline std::vector<evidence::Measurement> ComputeAll(const Exchange& exchange, const evidence::FindingDraft& draft) {
  const std::string bytes = Encode(exchange);
  std::vector<evidence::Measurement> all;
  for (const auto& spec : draft.support) all.push_back(Compute(bytes, spec));
  return all;
}

// The title with its numbers.
inline std::string TitleOf(const Exchange& exchange, const evidence::FindingDraft& draft) {
  const auto title = evidence::RenderClaim(draft.title, ComputeAll(exchange, draft));
  EXPECT_TRUE(title.has_value()) << draft.title << ": " << title.error().what;
  return title.value_or("");
}

// The classes that a finding of sql.n_plus_one cites, as "nested, writes".
inline std::string ClassesOf(const evidence::FindingDraft& draft) {
  constexpr std::string_view kPrefix = "sql.n_plus_one.";
  std::string classes;
  for (const auto& spec : draft.support) {
    if (!spec.metric.starts_with(kPrefix)) continue;
    classes += (classes.empty() ? "" : ", ") + spec.metric.substr(kPrefix.size());
  }
  return classes;
}

// Each finding must render, whatever its numbers.
inline void ExpectRenders(const Exchange& exchange, const evidence::Judgement& judgement) {
  for (const auto& draft : judgement.findings) {
    const auto measurements = ComputeAll(exchange, draft);
    for (const auto& measurement : measurements)
      EXPECT_EQ(measurement.validity, evidence::Validity::kValid) << measurement.metric;
    const auto title = evidence::RenderClaim(draft.title, measurements);
    EXPECT_TRUE(title.has_value()) << draft.title << ": " << title.error().what;
    EXPECT_TRUE(evidence::RenderClaim(draft.remedy, measurements).has_value()) << draft.remedy;
  }
}

using Work = std::function<void(Script&, int64_t size, int repetition)>;

// A quiet phase: each size cold once and warm several times.
inline Exchange Drive(const Work& work, std::vector<int64_t> sizes = {1, 2, 5, 10, 25, 50}, Script script = Script(),
                      int warm = 4) {
  for (const int64_t size : sizes) {
    for (int repetition = 0; repetition <= warm; ++repetition) {
      script.BeginRequest(size, repetition == 0);
      work(script, size, repetition);
      script.EndRequest();
    }
  }
  return script.Build();
}

// Ids far away from row counts and positions.
inline std::string Id(int64_t i) { return std::to_string(1000 + 7 * i); }
inline std::vector<std::string> Ids(int64_t count) {
  std::vector<std::string> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(Id(i));
  return ids;
}

inline void ListOrders(Script& s, int64_t n) { s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n)); }

inline evidence::Judgement ExpectRules(const Exchange& exchange, const std::vector<std::string>& rules) {
  const auto judgement = JudgeExchange(exchange);
  EXPECT_EQ(Rules(judgement), rules);
  ExpectRenders(exchange, judgement);
  return judgement;
}

}  // namespace hone::sql
